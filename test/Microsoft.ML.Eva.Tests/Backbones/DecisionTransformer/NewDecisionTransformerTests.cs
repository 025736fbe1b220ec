using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.DecisionTransformer;
using Microsoft.ML.Eva.Data.Trajectories;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Backbones.DecisionTransformer;

[Trait("Category", "Fixtures")]
public sealed class NewDecisionTransformerTests
{
    [Fact]
    public void Create_SizesOfTheReferences_HasItsTensors()
    {
        var expected = Fixture.Tensors(DecisionFixture.PathTo("bounded"), "model.safetensors");
        using var generator = new Generator(1);

        var content = NewDecisionTransformer.Create(new StepColumns(5, 3), new DecisionTransformerOptions { HiddenSize = 16, LayerCount = 2, HeadCount = 2, MaxSteps = 20 }, generator, CPU);
        using var network = NetworkFactory.CreatePolicy(content);
        content.Release();

        Assert.Equal(expected.Keys.Order(), content.Tensors.Keys.Order());
        Assert.Equal([1, 16], content.Tensors["encoder.wpe.weight"].shape); // the reference's 32 places are 31 too many
        Assert.All(expected.Where(tensor => tensor.Key != "encoder.wpe.weight"), tensor => Assert.Equal(tensor.Value.shape, content.Tensors[tensor.Key].shape));
        expected.Dispose();
    }

    [Fact]
    public void Create_LargeNetwork_DrawsWeightsOfTheReferencesDeviation()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);

        var content = NewDecisionTransformer.Create(new StepColumns(100, 50), new DecisionTransformerOptions { HiddenSize = 128, LayerCount = 8 }, generator, CPU);

        foreach (var (name, tensor) in content.Tensors)
        {
            if (name.EndsWith(".bias", StringComparison.Ordinal))
                Assert.Equal(0, tensor.abs().max().item<float>());
            else if (tensor.dim() == 1)
                Assert.Equal(1, tensor.min().item<float>());
            else if (tensor.numel() > 1000)
                Assert.Equal(name.EndsWith("c_proj.weight", StringComparison.Ordinal) ? 0.02 / 4 : 0.02, tensor.std().item<float>(), name.EndsWith("c_proj.weight", StringComparison.Ordinal) ? 0.0005 : 0.002);
        }
        content.Release();
    }

    [Fact]
    public void Create_Twice_DependsOnTheGeneratorAlone()
    {
        Assert.Equal(First(1), First(1));
        Assert.NotEqual(First(1), First(2));

        static float[] First(ulong seed)
        {
            using var generator = new Generator(seed);
            var content = NewDecisionTransformer.Create(new StepColumns(5, 3), new DecisionTransformerOptions { HiddenSize = 16 }, generator, CPU);
            var values = content.Tensors["encoder.h.2.mlp.c_proj.weight"].data<float>().ToArray();
            content.Release();
            return values;
        }
    }
}
