using Microsoft.ML.Data;
using Microsoft.ML.Eva.Data.Trajectories;
using Microsoft.ML.Eva.Scoring;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Eva.MLNet;

/// <summary>Shows the rows of episodes with the actions of a policy, which are computed for some rows at a time.</summary>
internal sealed class PolicyCursor(IHostEnvironment environment, DataViewRowCursor shown, DataViewSchema schema, bool[] active, PolicyNetwork policy, TrajectorySet? steps) : DataViewRowCursor
{
    private float[][] _actions = [];
    private int _first;
    private int _row = -1;
    private bool _isDisposed;

    /// <inheritdoc/>
    public override DataViewSchema Schema => schema;

    /// <inheritdoc/>
    public override long Position => shown.Position;

    /// <inheritdoc/>
    public override long Batch => shown.Batch;

    /// <inheritdoc/>
    public override ValueGetter<DataViewRowId> GetIdGetter() => shown.GetIdGetter();

    /// <inheritdoc/>
    public override bool IsColumnActive(DataViewSchema.Column column) => column.Index < schema.Count && schema[column.Index].Name == column.Name
        ? active[column.Index]
        : throw environment.ExceptParam(nameof(column), $"Column '{column.Name}' does not belong to this data view.");

    /// <inheritdoc/>
    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (!IsColumnActive(column))
            throw environment.ExceptParam(nameof(column), $"Column '{column.Name}' was not asked for when this cursor was made.");
        if (column.Index < schema.Count - 1)
            return shown.GetGetter<TValue>(shown.Schema[column.Index]);
        return new ValueGetter<VBuffer<float>>(CopyAction) as ValueGetter<TValue>
            ?? throw environment.ExceptParam(nameof(column), $"Column '{column.Name}' has type {column.Type}, not {typeof(TValue)}.");
    }

    /// <inheritdoc/>
    public override bool MoveNext()
    {
        if (!shown.MoveNext())
        {
            _row = -1;
            return false;
        }
        _row++;
        if (steps is not null && _row >= _first + _actions.Length)
            ActNext();
        return true;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isDisposed)
        {
            _isDisposed = true;
            shown.Dispose();
        }
        base.Dispose(disposing);
    }

    private void CopyAction(ref VBuffer<float> value)
    {
        if (_row < 0)
            throw environment.Except("The cursor does not stand on a row.");
        var action = _actions[_row - _first];
        var editor = VBufferEditor.Create(ref value, action.Length);
        action.CopyTo(editor.Values);
        value = editor.Commit();
    }

    private void ActNext()
    {
        if (_row >= steps!.StepCount)
            throw environment.Except("The data gave fewer rows to a second cursor than to the first; data views must give every cursor the same rows.");
        _first = _row;
        var last = Math.Min(steps.StepCount, _row + policy.WindowsPerBatch);
        _actions = policy.Act(steps.WindowsEndingAt(_row, last, policy.Settings));
    }
}
