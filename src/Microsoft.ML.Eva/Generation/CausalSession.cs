using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Gpt2;
using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Generation;

/// <summary>
/// Rows of tokens that a network goes through from left to right. Shorter prompts are padded on the left, so that every row's next
/// token stands in the same column; positions count a row's own tokens. For one thread at a time, but not always the same.
/// </summary>
/// <param name="network">A language model, which stays the caller's.</param>
/// <param name="device">Where it is.</param>
/// <param name="usesCache">Whether keys and values are kept; otherwise every token's work is done again for the next one.</param>
/// <param name="precision">In which numbers its layers multiply.</param>
internal sealed class CausalSession(Network network, Device device, bool usesCache = true, ComputePrecision precision = ComputePrecision.Float32) : IDisposable
{
    private readonly Gpt2Backbone _backbone = (Gpt2Backbone)network.Backbone;
    private readonly KeyValueCache? _cache = usesCache ? ((Gpt2Backbone)network.Backbone).CreateCache() : null;
    private readonly ForwardMode _mode = ForwardMode.EvaluationIn(precision);
    private readonly List<List<long>> _rows = []; // all tokens, padding included
    private readonly List<int> _padding = []; // how many tokens of each row are padding

    /// <summary>Number of rows.</summary>
    public int RowCount => _rows.Count;

    /// <summary>Begins with these prompts, each of at least one token. Returns the scores of the next token [rows, vocabulary]: a fresh tensor.</summary>
    public Tensor Start(IReadOnlyList<IReadOnlyList<int>> prompts)
    {
        var longest = prompts.Max(prompt => prompt.Count);
        foreach (var prompt in prompts)
        {
            _padding.Add(longest - prompt.Count);
            _rows.Add([.. Enumerable.Repeat(0L, longest - prompt.Count), .. prompt.Select(id => (long)id)]);
        }
        return Scores(fromColumn: 0);
    }

    /// <summary>Appends one token to each row. Returns the scores of the next token [rows, vocabulary]: a fresh tensor.</summary>
    public Tensor Next(IReadOnlyList<int> tokens)
    {
        for (var i = 0; i < _rows.Count; i++)
            _rows[i].Add(tokens[i]);
        return Scores(fromColumn: usesCache ? _rows[0].Count - 1 : 0);
    }

    /// <summary>Goes on with these rows, in their order; a row may come more than once or not at all.</summary>
    public void Select(IReadOnlyList<int> rows)
    {
        if (rows.Count == _rows.Count && rows.Select((row, place) => row == place).All(isSame => isSame))
            return;
        var (tokens, padding) = (rows.Select(row => _rows[row].ToList()).ToList(), rows.Select(row => _padding[row]).ToList());
        _rows.Clear();
        _padding.Clear();
        _rows.AddRange(tokens);
        _padding.AddRange(padding);
        if (_cache is null || rows.Count == 0)
            return;
        using var scope = NewDisposeScope();
        using var mode = inference_mode();
        _cache.Select(tensor(rows.Select(row => (long)row).ToArray(), device: device));
    }

    /// <inheritdoc/>
    public void Dispose() => _cache?.Dispose();

    private Tensor Scores(int fromColumn)
    {
        var (rows, columns) = (_rows.Count, _rows[0].Count);
        using var scope = NewDisposeScope();
        using var mode = inference_mode();
        var isPadded = _padding.Any(count => count > 0);
        using var batch = new Batch
        {
            Inputs = Matrix(fromColumn, columns, (row, column) => _rows[row][column]),
            Mask = isPadded ? Matrix(0, columns, (row, column) => column < _padding[row] ? 0 : 1) : null,
        };
        var positions = isPadded ? Matrix(fromColumn, columns, (row, column) => Math.Max(0, column - _padding[row])) : null;
        using (positions)
        {
            var hidden = _backbone.Forward(batch, positions, _mode, _cache);
            var last = hidden.narrow(1, hidden.shape[1] - 1, 1); // [rows, 1, hidden]
            return network.Head.Forward(last, batch, _mode).view(rows, -1).to(float32).DetachFromDisposeScope();
        }
    }

    private Tensor Matrix(int from, int to, Func<int, int, long> value)
    {
        var values = new long[_rows.Count * (to - from)];
        for (var row = 0; row < _rows.Count; row++)
            for (var column = from; column < to; column++)
                values[row * (to - from) + column - from] = value(row, column);
        return tensor(values, [_rows.Count, to - from], device: device).DetachFromDisposeScope();
    }
}
