using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Adapters;

/// <summary>Linear layers with random weights, and a network of them, for tests that need no pretrained family.</summary>
internal static class TestLayers
{
    public static Generator NewGenerator(ulong seed) => new Generator(seed);

    public static Tensor Random(Generator generator, params long[] shape) => empty(shape).normal_(0, 1, generator).DetachFromDisposeScope();

    public static AdaptableLinear Linear(Generator generator, long inFeatures, long outFeatures, bool isTransposed = false, bool hasBias = true, string name = "encoder.query") =>
        new(
            Weight.Owned($"{name}.weight", isTransposed ? Random(generator, inFeatures, outFeatures) : Random(generator, outFeatures, inFeatures)),
            hasBias ? Weight.Owned($"{name}.bias", Random(generator, outFeatures)) : null,
            isTransposed);

    public static Network Network(params AdaptableLayer[] layers) =>
        new(new CheckpointContent { Name = "test", Config = default, Tensors = new Dictionary<string, Tensor>(), Files = new Dictionary<string, byte[]>() }, new Chain(layers), new FirstToken());

    /// <summary>One layer after the other.</summary>
    private sealed class Chain(IReadOnlyList<AdaptableLayer> layers) : Backbone
    {
        public override IReadOnlyList<Weight> Weights { get; } = [.. layers.SelectMany(layer => layer.Bias is null ? [layer.Weight] : new[] { layer.Weight, layer.Bias })];

        public override IReadOnlyList<AdaptableLayer> AdaptableLayers => layers;

        public override long HiddenSize => layers[^1].OutFeatures;

        public override int? MaxTokens => null;

        public override Tensor Forward(Batch batch, ForwardMode mode)
        {
            using var scope = NewDisposeScope();
            return layers.Aggregate(batch.Inputs, (x, layer) => layer.Forward(x, mode)).MoveToOuterDisposeScope();
        }
    }

    /// <summary>The hidden state as it is, scaled by one trained number.</summary>
    private sealed class FirstToken : Head
    {
        public override IReadOnlyList<Weight> Weights { get; } = [Weight.Owned("classifier.weight", ones(1))];

        public override Tensor Forward(Tensor hidden, Batch batch, ForwardMode mode) => hidden * Weights[0].Value;
    }
}
