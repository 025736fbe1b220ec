using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Backbones.Layers;
using static Microsoft.ML.Eva.Tests.Adapters.TestLayers;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Adapters;

public class AdapterInjectorTests
{
    [Fact]
    public void Seat_RankZero_LeavesSeatEmpty()
    {
        using var scope = NewDisposeScope();
        using var generator = NewGenerator(1);
        AdaptableLayer[] layers = [Linear(generator, 4, 3, name: "a"), Linear(generator, 3, 2, name: "b")];
        using var network = Network(layers);
        var options = new LoraOptions { Rank = 2, Alpha = 6 };
        var plan = AdapterPlan.Create(options, layers);
        plan = new AdapterPlan([plan.Layers[0] with { Rank = 0 }, plan.Layers[1]]);
        var components = new Dictionary<AdaptableLayer, Tensor> { [layers[1]] = Random(generator, 2, 3) };
        var adapter = Assert.IsType<LoraAdapter>(Assert.Single(AdapterInjector.Seat(network, plan, options, components, generator)));
        Assert.Null(layers[0].Adapter);
        Assert.Same(adapter, layers[1].Adapter);
        Assert.Equal(3, adapter.Scaling);
        Assert.Equal(["b.lora_A.weight", "b.lora_B.weight"], adapter.Weights.Select(w => w.Name));
        Fixture.AssertClose(components[layers[1]], adapter.Weights[0].Value, 0, "A");
        Assert.All(network.Head.Weights, weight => Assert.True(weight.IsTrainable));
    }

    [Fact]
    public void Seat_EvaWithoutComponents_IsRefused()
    {
        using var generator = NewGenerator(1);
        var layer = Linear(generator, 4, 3);
        using var network = Network(layer);
        var options = new LoraOptions();
        Assert.Throws<ArgumentNullException>(() => AdapterInjector.Seat(network, AdapterPlan.Create(options, [layer]), options, null, generator));
    }

    [Fact]
    public void Seat_Random_SameSeedSameA()
    {
        using var scope = NewDisposeScope();
        Tensor Draw(ulong seed)
        {
            using var generator = NewGenerator(9);
            using var chance = NewGenerator(seed);
            var layer = Linear(generator, 16, 3);
            using var network = Network(layer);
            var options = new LoraOptions { Initialization = new RandomOptions() };
            return AdapterInjector.Seat(network, AdapterPlan.Create(options, [layer]), options, null, chance)[0].Weights[0].Value.detach().clone();
        }
        Fixture.AssertClose(Draw(3), Draw(3), 0, "same seed");
        Assert.True(Draw(3).ne(Draw(4)).any().item<bool>());
        Assert.InRange(Draw(3).abs().max().item<float>(), 0.2f, 0.25f);
    }
}
