using Microsoft.ML.Data;
using Microsoft.ML.Eva.Scoring;
using Microsoft.ML.Eva.Tensors;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Eva.MLNet;

/// <summary>Shows the rows in their order while a second cursor runs ahead and scores a chunk of them at a time.</summary>
internal sealed class ScoringCursor<TScore> : DataViewRowCursor where TScore : class
{
    private const int RowsBetweenTrims = 1024;

    private readonly IHostEnvironment _environment;
    private readonly DataViewRowCursor _shown;
    private readonly DataViewRowCursor? _ahead;
    private readonly Func<EncodedRow>? _read;
    private readonly DataViewSchema _schema;
    private readonly bool[] _active;
    private readonly IRowScorer<TScore> _scorer;
    private readonly IScoreColumns<TScore> _outputs;
    private TScore[] _scores = [];
    private int _next;
    private int _rowsSinceTrim;
    private TScore? _current;
    private bool _isDisposed;

    public ScoringCursor(IHostEnvironment environment, DataViewRowCursor shown, DataViewRowCursor? ahead, DataViewSchema schema, bool[] active, IRowScorer<TScore> scorer, IScoreColumns<TScore> outputs)
    {
        (_environment, _shown, _ahead, _schema, _active, _scorer, _outputs) = (environment, shown, ahead, schema, active, scorer, outputs);
        _read = ahead is null ? null : scorer.Input.CreateReader(ahead);
    }

    /// <inheritdoc/>
    public override DataViewSchema Schema => _schema;

    /// <inheritdoc/>
    public override long Position => _shown.Position;

    /// <inheritdoc/>
    public override long Batch => _shown.Batch;

    /// <inheritdoc/>
    public override ValueGetter<DataViewRowId> GetIdGetter() => _shown.GetIdGetter();

    /// <inheritdoc/>
    public override bool IsColumnActive(DataViewSchema.Column column)
    {
        CheckColumn(column);
        return _active[column.Index];
    }

    /// <inheritdoc/>
    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (!IsColumnActive(column))
            throw _environment.ExceptParam(nameof(column), $"Column '{column.Name}' was not asked for when this cursor was made.");
        if (!_outputs.IsOutput(column, _schema))
            return _shown.GetGetter<TValue>(_shown.Schema[column.Index]);
        return _outputs.CreateGetter(column, () => _current ?? throw _environment.Except("The cursor does not stand on a row.")) as ValueGetter<TValue>
            ?? throw _environment.ExceptParam(nameof(column), $"Column '{column.Name}' has type {column.Type}, not {typeof(TValue)}.");
    }

    /// <inheritdoc/>
    public override bool MoveNext()
    {
        _current = null;
        if (!_shown.MoveNext())
            return false;
        if (_ahead is null)
            return true;
        if (_next == _scores.Length)
            ScoreNextRows();
        _current = _scores[_next++];
        return true;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isDisposed)
        {
            _isDisposed = true;
            _shown.Dispose();
            _ahead?.Dispose();
        }
        base.Dispose(disposing);
    }

    private void ScoreNextRows()
    {
        var limit = _scorer.Input.RowsAhead;
        var rows = new List<EncodedRow>(limit);
        while (rows.Count < limit && _ahead!.MoveNext())
            rows.Add(_read!());
        if (rows.Count == 0)
            throw _environment.Except("The data gave fewer rows to a second cursor than to the first; data views must give every cursor the same rows.");
        _scores = _scorer.Score(rows);
        _next = 0;
        _rowsSinceTrim += rows.Count;
        if (_rowsSinceTrim < RowsBetweenTrims)
            return;
        NativeHeap.Trim();
        _rowsSinceTrim = 0;
    }

    private void CheckColumn(DataViewSchema.Column column)
    {
        if (column.Index >= _schema.Count || _schema[column.Index].Name != column.Name)
            throw _environment.ExceptParam(nameof(column), $"Column '{column.Name}' does not belong to this data view.");
    }
}
