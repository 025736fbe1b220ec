using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Eva;

/// <summary>Blocks of query, key, value, output, up and down over random embeddings, enough for the analysis to have something to look at.</summary>
internal sealed class ToyBackbone : Backbone, IDisposable
{
    private readonly Dictionary<string, Tensor> _tensors = [];
    private readonly Embedding _embedding;
    private readonly List<AdaptableLayer> _layers = [];
    private readonly WeightBinder _binder;
    private readonly int _blocks;

    public ToyBackbone(int seed = 1, int hidden = 24, int vocabulary = 50, int blocks = 2, double scale = 1)
    {
        using var generator = new Generator((ulong)seed);
        _blocks = blocks;
        HiddenSize = hidden;
        // A decaying spectrum, so that leading components are well defined.
        var decay = arange(1, hidden + 1, dtype: float32).pow(-0.7);
        _tensors["embedding.weight"] = (randn(vocabulary, hidden, generator: generator) * decay + randn(hidden, generator: generator)) * scale;
        for (var block = 0; block < blocks; block++)
            foreach (var (name, rows, columns) in Shapes(hidden))
            {
                _tensors[$"block.{block}.{name}.weight"] = randn(rows, columns, generator: generator) / Math.Sqrt(columns);
                _tensors[$"block.{block}.{name}.bias"] = randn(rows, generator: generator) * 0.1;
            }
        _binder = new WeightBinder(_tensors);
        _embedding = _binder.Embedding("embedding", vocabulary, hidden);
        for (var block = 0; block < blocks; block++)
            foreach (var (name, rows, columns) in Shapes(hidden))
                _layers.Add(_binder.Linear($"block.{block}.{name}", columns, rows));
        _binder.ThrowIfFaulty("the toy");
    }

    /// <summary>The embeddings, to be spoilt.</summary>
    public Tensor Embeddings => _tensors["embedding.weight"];

    /// <summary>How many forward passes have begun.</summary>
    public int Forwards { get; private set; }

    public override IReadOnlyList<Weight> Weights => _binder.Bound;

    public override IReadOnlyList<AdaptableLayer> AdaptableLayers => _layers;

    public override long HiddenSize { get; }

    public override int? MaxTokens => null;

    public override Tensor Forward(Batch batch, ForwardMode mode)
    {
        Forwards++;
        using var scope = NewDisposeScope();
        var hidden = _embedding.Forward(batch.Inputs);
        for (var block = 0; block < _blocks; block++)
            hidden = Block(hidden, _layers.GetRange(block * 6, 6), mode);
        return hidden.MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        foreach (var tensor in _tensors.Values)
            tensor.Dispose();
    }

    private static Tensor Block(Tensor hidden, List<AdaptableLayer> layers, ForwardMode mode)
    {
        var (query, key, value) = (layers[0].Forward(hidden, mode), layers[1].Forward(hidden, mode), layers[2].Forward(hidden, mode));
        var mixed = hidden + layers[3].Forward(query.tanh() * key.sigmoid() + value, mode);
        return mixed + layers[5].Forward(layers[4].Forward(mixed, mode).relu(), mode);
    }

    private static (string Name, long Rows, long Columns)[] Shapes(long hidden) =>
    [
        ("query", hidden, hidden), ("key", hidden, hidden), ("value", hidden, hidden), ("output", hidden, hidden),
        ("up", 2 * hidden, hidden), ("down", hidden, 2 * hidden),
    ];
}
