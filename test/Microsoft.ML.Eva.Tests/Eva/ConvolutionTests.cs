using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Backbones.Resnet;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Eva;
using Microsoft.ML.Eva.Tests.Backbones;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Eva;

/// <summary>EVA on convolutions: components of the patches, A a convolution with those kernels, B 1×1, merged into the kernel.</summary>
[Trait("Category", "Fixtures")]
public sealed class ConvolutionTests
{
    private static readonly LoraOptions Lora = new() { Rank = 2, Alpha = 2, Initialization = new EvaOptions { Rho = 1, MaxBatches = 2, Solver = EvaSolver.Exact, Centered = false } };

    public static TheoryData<string, string> Cases()
    {
        var data = new TheoryData<string, string>();
        foreach (var (folder, golden) in GoldenModel.Backbones().Where(item => item.Folder.EndsWith("/base", StringComparison.Ordinal)))
        {
            using var network = GoldenModel.Load(folder, HeadKind.Auto, 2);
            if (network.Backbone is ResnetBackbone)
                data.Add(folder, golden);
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Run_Resnet_FindsTheDirectionsOfMostVarianceAmongEachLayersOwnPatches(string folder, string golden) => Analyse(folder, golden, (network, batch, result) =>
    {
        Assert.Equal(network.Backbone.AdaptableLayers.Count, result.Components.Count);
        foreach (var (layer, patches) in Patches(network, batch))
        {
            using var own = patches;
            var components = result.Components[layer].to(float64);
            var kept = patches.matmul(components.t()).square().sum().item<double>();
            var most = linalg.svdvals(patches).narrow(0, 0, components.shape[0]).square().sum().item<double>();
            Assert.True(kept > most * (1 - 1e-5), $"{layer.Name}: {kept} of {most}");
        }
    });

    [Theory]
    [MemberData(nameof(Cases))]
    public void Seat_Components_AreKernelsThatChangeNothingYet_AndMergeIntoTheLayers(string folder, string golden) => Analyse(folder, golden, (network, batch, result) =>
    {
        using var generator = new Generator(3);
        var before = network.Forward(batch, ForwardMode.Evaluation);
        var adapters = AdapterInjector.Seat(network, result.Plan, Lora, result.Components, generator).Cast<LoraAdapter>().ToList();
        Assert.All(adapters, adapter => Assert.Equal([2, .. adapter.Layer.Weight.Value.shape[1..]], adapter.A.Value.shape));
        Assert.All(adapters, adapter => Assert.Equal([adapter.Layer.OutFeatures, 2, 1, 1], adapter.B.Value.shape));
        Fixture.AssertClose(before, network.Forward(batch, ForwardMode.Evaluation), 0, "before training");

        foreach (var adapter in adapters)
            adapter.B.Value.normal_(0, 0.1, generator);
        var adapted = network.Forward(batch, ForwardMode.Evaluation);
        AdapterMerger.Merge(network);

        Assert.True((adapted - before).abs().max().item<float>() > 1e-3, "the adapters changed nothing");
        Fixture.AssertClose(adapted, network.Forward(batch, ForwardMode.Evaluation), 2e-5 * Math.Max(1, adapted.abs().max().item<float>()), "merged");
    });

    private static void Analyse(string folder, string goldenFile, Action<Network, Batch, EvaResult> check)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var golden = Fixture.Tensors(goldenFile);
        using var batch = GoldenModel.BatchOf(golden);
        using var network = GoldenModel.Load(folder, HeadKind.Auto, 2);
        var plan = AdapterPlan.Create(Lora, network.Backbone.AdaptableLayers);
        using var result = EvaAnalysis.Run(network.Backbone, plan, (EvaOptions)Lora.Initialization, () => [GoldenModel.BatchOf(golden)], seed: 1);
        check(network, batch, result);
        golden.Dispose();
    }

    private static Dictionary<AdaptableLayer, Tensor> Patches(Network network, Batch batch)
    {
        var layers = network.Backbone.AdaptableLayers;
        var patches = new Dictionary<AdaptableLayer, Tensor>();
        using (new ActivationCapture(layers, (place, x) => patches[layers[place]] = ((AdaptableConv2d)layers[place]).Patches(x).to(float64).DetachFromDisposeScope()))
            network.Backbone.Forward(batch, ForwardMode.Evaluation);
        return patches;
    }
}
