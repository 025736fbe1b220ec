using CsCheck;
using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Layers;
using static Microsoft.ML.Eva.Tests.Adapters.TestLayers;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Adapters;

/// <summary>A merged layer must answer like the adapter did, for every method, shape and layout.</summary>
public class MergeTests
{
    public static TheoryData<string> Methods => [.. AllMethods.Keys];

    private static readonly Dictionary<string, Func<AdapterOptions>> AllMethods = new()
    {
        ["lora"] = () => new LoraOptions { Initialization = new RandomOptions() },
        ["lora gaussian"] = () => new LoraOptions { Initialization = new RandomOptions { Distribution = RandomDistribution.Gaussian } },
        ["lora bias"] = () => new LoraOptions { Initialization = new RandomOptions(), HasUpdateBias = true },
        ["rslora"] = () => new LoraOptions { Initialization = new RandomOptions(), IsRankStabilized = true },
        ["pissa"] = () => new LoraOptions { Initialization = new PissaOptions() },
        ["pissa fast"] = () => new LoraOptions { Initialization = new PissaOptions { Iterations = 4 } },
        ["olora"] = () => new LoraOptions { Initialization = new OloraOptions() },
        ["dora"] = () => new DoraOptions { Initialization = new RandomOptions() },
        ["dora pissa"] = () => new DoraOptions { Initialization = new PissaOptions() },
        ["adalora"] = () => new AdaLoraOptions(),
        ["boft"] = () => new BoftOptions { BlockSize = 2 },
        ["boft butterfly"] = () => new BoftOptions { BlockSize = 2, ButterflyFactors = 3 },
        ["boft count"] = () => new BoftOptions { BlockCount = 4 },
        ["vera"] = () => new VeraOptions { Rank = 5 },
    };

    private static AdapterOptions Options(string method, int rank)
    {
        var options = AllMethods[method]();
        if (options is LowRankOptions lowRank)
            lowRank.Rank = rank;
        if (options is AdaLoraOptions adaLora)
            (adaLora.InitialRank, adaLora.TargetRank) = (rank + 1, rank);
        return options;
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Seat_BeforeTraining_OutputIsBase(string method) => ForRandomLayers(method, (layer, adapter, x, before) =>
        Fixture.AssertClose(before, adapter.Forward(x, ForwardMode.Evaluation), 2e-4, $"{method} before training"), perturb: false);

    [Theory]
    [MemberData(nameof(Methods))]
    public void Merge_TrainedAdapter_LayerAloneGivesAdaptedOutput(string method) => ForRandomLayers(method, (layer, adapter, x, before) =>
    {
        using var adapted = adapter.Forward(x, ForwardMode.Evaluation).detach();
        Assert.True((adapted - before).abs().max().item<float>() > 1e-3, $"{method} changed nothing");
        var (weight, bias) = adapter.Merge();
        Assert.False(weight.requires_grad);
        layer.Weight.Replace(weight);
        if (bias is not null)
            layer.Bias!.Replace(bias);
        var largest = Math.Max(1, adapted.abs().max().item<float>());
        Fixture.AssertClose(adapted, layer.Base(x, ForwardMode.Evaluation), 2e-5 * largest, $"{method} merged");
    });

    [Theory]
    [MemberData(nameof(Methods))]
    public void Backward_EveryWeight_HasGradient(string method) => ForRandomLayers(method, (layer, adapter, x, before) =>
    {
        adapter.Forward(x, ForwardMode.Evaluation).square().sum().backward();
        Assert.All(adapter.Weights, weight => Assert.True(weight.Value.grad is { } grad && grad.isfinite().all().item<bool>(), weight.Name));
        Assert.Null(layer.Weight.Value.grad);
    });

    [Theory]
    [MemberData(nameof(Methods))]
    public void Forward_InTrainingWithDropout_DependsOnGenerator(string method) =>
        ForRandomLayers(method, (layer, adapter, x, before) =>
        {
            Tensor Forward(ulong seed)
            {
                using var generator = NewGenerator(seed);
                return adapter.Forward(x, ForwardMode.Training(generator)).detach();
            }
            Fixture.AssertClose(Forward(1), Forward(1), 0, "same seed");
            Assert.Contains(Enumerable.Range(2, 8), seed => Forward((ulong)seed).ne(Forward(1)).any().item<bool>());
        }, options: rank =>
        {
            var options = Options(method, rank);
            options.GetType().GetProperty("Dropout")!.SetValue(options, 0.5);
            return options;
        });

    private static void ForRandomLayers(string method, Action<AdaptableLinear, LayerAdapter, Tensor, Tensor> check, bool perturb = true, Func<int, AdapterOptions>? options = null) =>
        Gen.Select(Gen.Long[1, 4], Gen.Long[8, 20], Gen.Int[1, 5], Gen.Bool, Gen.ULong[0, 1000]).Sample((eights, outFeatures, rank, isTransposed, seed) =>
        {
            using var scope = NewDisposeScope();
            using var generator = NewGenerator(seed);
            var layer = Linear(generator, 8 * eights, outFeatures, isTransposed);
            using var network = Network(layer);
            var x = Random(generator, 2, 3, 8 * eights);
            var before = layer.Base(x, ForwardMode.Evaluation);
            var chosen = options?.Invoke(rank) ?? Options(method, rank);
            var adapter = AdapterInjector.Seat(network, AdapterPlan.Create(chosen, [layer]), chosen, null, generator)[0];
            if (perturb)
                foreach (var weight in adapter.Weights)
                    using (no_grad())
                        weight.Value.add_(Random(generator, weight.Value.shape), 0.3);
            check(layer, adapter, x, before);
        }, iter: 12, threads: 1);
}
