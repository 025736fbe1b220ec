using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Layers;
using static Microsoft.ML.Eva.Tests.Adapters.TestLayers;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Adapters;

/// <summary>Adapters stay in float32 over a half-precision layer, and a merge rounds each entry once.</summary>
public class HalfPrecisionTests
{
    public static TheoryData<string, ScalarType, double> Cases
    {
        get
        {
            var cases = new TheoryData<string, ScalarType, double>();
            foreach (var method in new[] { nameof(LoraOptions), nameof(DoraOptions), nameof(AdaLoraOptions), nameof(BoftOptions), nameof(VeraOptions) })
            {
                // Half a unit in the last place, relative: 2^-8 for 8 bits of significand, 2^-11 for 11.
                cases.Add(method, ScalarType.BFloat16, Math.Pow(2, -8));
                cases.Add(method, ScalarType.Float16, Math.Pow(2, -11));
            }
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Merge_HalfPrecisionLayer_RoundsOnce(string method, ScalarType type, double halfUnit)
    {
        using var scope = NewDisposeScope();
        using var generator = NewGenerator(3);
        using var half = InPrecision(generator, type, type);
        generator.set_state(NewGenerator(3).get_state());
        using var whole = InPrecision(generator, type, ScalarType.Float32);
        var (rounded, exact) = (SeatAndPerturb(half, method).Merge().Weight, SeatAndPerturb(whole, method).Merge().Weight);
        Assert.Equal(type, rounded.dtype);
        var error = (rounded.to(float32) - exact).abs();
        Assert.True(error.le(exact.abs() * (halfUnit * 1.001) + 1e-7).all().item<bool>(), $"{method}: largest error {error.max().item<float>():e2}");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Forward_HalfPrecisionLayer_IsNearFloat32(string method, ScalarType type, double halfUnit)
    {
        using var scope = NewDisposeScope();
        using var generator = NewGenerator(3);
        using var half = InPrecision(generator, type, type);
        generator.set_state(NewGenerator(3).get_state());
        using var whole = InPrecision(generator, type, ScalarType.Float32);
        var x = Random(generator, 4, 16).to(type);
        var output = SeatAndPerturb(half, method).Forward(x, ForwardMode.Evaluation);
        Assert.Equal(type, output.dtype);
        var exact = SeatAndPerturb(whole, method).Forward(x.to(float32), ForwardMode.Evaluation).detach();
        Fixture.AssertClose(exact, output, 6 * halfUnit * exact.abs().max().item<float>(), method);
    }

    private static Network InPrecision(Generator generator, ScalarType rounded, ScalarType type) => Network(new AdaptableLinear(
        Weight.Owned("layer.weight", Random(generator, 12, 16).to(rounded).to(type)),
        Weight.Owned("layer.bias", Random(generator, 12).to(rounded).to(type))));

    private static LayerAdapter SeatAndPerturb(Network network, string method)
    {
        AdapterOptions options = method switch
        {
            nameof(LoraOptions) => new LoraOptions { Initialization = new RandomOptions() },
            nameof(DoraOptions) => new DoraOptions { Initialization = new RandomOptions() },
            nameof(AdaLoraOptions) => new AdaLoraOptions(),
            nameof(BoftOptions) => new BoftOptions(),
            _ => new VeraOptions { Rank = 6 },
        };
        using var generator = NewGenerator(11);
        var adapter = AdapterInjector.Seat(network, AdapterPlan.Create(options, network.Backbone.AdaptableLayers), options, null, generator)[0];
        foreach (var weight in adapter.Weights)
            using (no_grad())
                weight.Value.add_(Random(generator, weight.Value.shape), 0.2);
        return adapter;
    }
}
