using Microsoft.ML.Data;
using Microsoft.ML.Eva.MLNet.Targets;
using Microsoft.ML.Eva.Scoring;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Eva.MLNet;

/// <summary>Scores one row at a time, for PredictionEngine. Holds nothing native between rows.</summary>
internal sealed class ScoringRowMapper(IHostEnvironment environment, DataViewSchema inputSchema, DataViewSchema outputSchema, NetworkScorer scorer, OutputColumns outputs) : IRowToRowMapper
{
    /// <inheritdoc/>
    public DataViewSchema InputSchema => inputSchema;

    /// <inheritdoc/>
    public DataViewSchema OutputSchema => outputSchema;

    /// <inheritdoc/>
    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns)
    {
        var wanted = dependingColumns.ToList();
        var passedThrough = wanted.Where(c => !outputs.IsOutput(c, outputSchema)).Select(c => inputSchema[c.Index]);
        var inputs = wanted.Any(c => outputs.IsOutput(c, outputSchema)) ? scorer.Input.FindColumns(inputSchema) : [];
        return passedThrough.Concat(inputs).DistinctBy(c => c.Index);
    }

    /// <inheritdoc/>
    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        var active = new bool[outputSchema.Count];
        foreach (var column in activeColumns)
            active[column.Index] = true;
        return new ScoredRow(this, input, active);
    }

    private sealed class ScoredRow : DataViewRow
    {
        private readonly ScoringRowMapper _mapper;
        private readonly DataViewRow _input;
        private readonly bool[] _active;
        private readonly Func<EncodedRow>? _read;
        private float[] _scores = [];
        private long _scoredPosition = -1;
        private bool _isDisposed;

        public ScoredRow(ScoringRowMapper mapper, DataViewRow input, bool[] active)
        {
            (_mapper, _input, _active) = (mapper, input, active);
            if (mapper.OutputSchema.Any(c => active[c.Index] && mapper.Outputs.IsOutput(c, mapper.OutputSchema)))
                _read = mapper.Scorer.Input.CreateReader(input);
        }

        public override DataViewSchema Schema => _mapper.OutputSchema;

        public override long Position => _input.Position;

        public override long Batch => _input.Batch;

        public override ValueGetter<DataViewRowId> GetIdGetter() => _input.GetIdGetter();

        public override bool IsColumnActive(DataViewSchema.Column column) => column.Index < _active.Length && _active[column.Index];

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            if (!IsColumnActive(column))
                throw _mapper.Environment.ExceptParam(nameof(column), $"Column '{column.Name}' was not asked for when this row was made.");
            if (!_mapper.Outputs.IsOutput(column, Schema))
                return _input.GetGetter<TValue>(_input.Schema[column.Index]);
            return _mapper.Outputs.CreateGetter(column, Scores) as ValueGetter<TValue>
                ?? throw _mapper.Environment.ExceptParam(nameof(column), $"Column '{column.Name}' has type {column.Type}, not {typeof(TValue)}.");
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing && !_isDisposed)
            {
                _isDisposed = true;
                _input.Dispose();
            }
            base.Dispose(disposing);
        }

        // Score and PredictedLabel of one row come from one pass through the network.
        private float[] Scores()
        {
            if (_scoredPosition != _input.Position)
            {
                _scores = _mapper.Scorer.Score([_read!()])[0];
                _scoredPosition = _input.Position;
            }
            return _scores;
        }
    }

    private IHostEnvironment Environment => environment;

    private NetworkScorer Scorer => scorer;

    private OutputColumns Outputs => outputs;
}
