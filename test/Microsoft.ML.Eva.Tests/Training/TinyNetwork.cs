using System.Text.Json;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Training;

/// <summary>The smallest network with everything a trainer meets: a table, a layer that may be adapted, dropout, a head.</summary>
internal static class TinyNetwork
{
    public const int Vocabulary = 50;

    private const int Width = 8;

    public static Network Create(int outputs = 2, double dropout = 0.1, ulong seed = 1)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(seed);
        Tensor Draw(params long[] shape) => randn(shape, generator: generator).mul_(0.3).DetachFromDisposeScope();
        var tensors = new Dictionary<string, Tensor>
        {
            ["table.weight"] = Draw(Vocabulary, Width),
            ["layer.weight"] = Draw(Width, Width),
            ["layer.bias"] = Draw(Width),
        };
        var content = new CheckpointContent
        {
            Name = "tiny",
            Config = JsonDocument.Parse("{}").RootElement,
            Tensors = tensors,
            Files = new Dictionary<string, byte[]>(),
        };
        var head = new TinyHead(Weight.Owned("classifier.weight", Draw(outputs, Width)), Weight.Owned("classifier.bias", Draw(outputs)));
        return new Network(content, new TinyBackbone(new WeightBinder(tensors), dropout), head);
    }

    /// <summary>Makes all weights trainable and lists them.</summary>
    public static IReadOnlyList<Weight> TrainableWeights(Network network)
    {
        var weights = network.Weights.ToList();
        weights.ForEach(weight => weight.MakeTrainable());
        return weights;
    }

    private sealed class TinyBackbone(WeightBinder binder, double dropout) : Backbone
    {
        private readonly Embedding _table = binder.Embedding("table", Vocabulary, Width);
        private readonly AdaptableLinear _layer = binder.Linear("layer", Width, Width);

        public override IReadOnlyList<Weight> Weights => binder.Bound;

        public override IReadOnlyList<AdaptableLayer> AdaptableLayers => [_layer];

        public override long HiddenSize => Width;

        public override int? MaxTokens => 64;

        public override Tensor Forward(Batch batch, ForwardMode mode)
        {
            using var scope = NewDisposeScope();
            return mode.Dropout(_layer.Forward(_table.Forward(batch.Inputs), mode).tanh(), dropout).MoveToOuterDisposeScope();
        }
    }

    private sealed class TinyHead(Weight weight, Weight bias) : Head
    {
        public override IReadOnlyList<Weight> Weights { get; } = [weight, bias];

        public override Tensor Forward(Tensor hidden, Batch batch, ForwardMode mode)
        {
            using var scope = NewDisposeScope();
            var mask = batch.Mask!.unsqueeze(-1).to(float32);
            var mean = (hidden * mask).sum(1) / mask.sum(1);
            return nn.functional.linear(mean, weight.Value, bias.Value).MoveToOuterDisposeScope();
        }
    }
}
