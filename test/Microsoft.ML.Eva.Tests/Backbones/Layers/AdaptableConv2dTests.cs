using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Layers;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Eva.Tests.Backbones.Layers;

/// <summary>The convolution's output, and the patches that EVA takes its components from.</summary>
public sealed class AdaptableConv2dTests
{
    [Theory]
    [InlineData(3, 1, 1, 1)]
    [InlineData(3, 2, 1, 1)]
    [InlineData(1, 2, 0, 1)]
    [InlineData(5, 3, 2, 1)]
    [InlineData(3, 1, 2, 2)]
    public void Patches_TimesFlatKernel_AreTheOutput(int kernel, int stride, int padding, int dilation)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        var (weight, bias) = (randn([6, 4, kernel, kernel], generator: generator), randn([6], generator: generator));
        var layer = new AdaptableConv2d(Weight.Shared("conv.weight", weight), Weight.Shared("conv.bias", bias), new ConvolutionSteps(stride, padding, dilation));
        var x = randn([3, 4, 13, 11], generator: generator);

        var output = layer.Forward(x, ForwardMode.Evaluation); // [3, 6, rows, columns]
        var patches = layer.Patches(x);

        Assert.Equal([3 * output.shape[2] * output.shape[3], 4 * kernel * kernel], patches.shape);
        var product = functional.linear(patches, weight.flatten(1), bias); // [batch·places, 6]
        var expected = output.permute(0, 2, 3, 1).reshape(-1, 6);
        Fixture.AssertClose(expected, product, 1e-4, "patches");
        Assert.Equal((4L, 6L), (layer.InFeatures, layer.OutFeatures));
    }

    [Fact]
    public void Forward_Groups_SeeTheirOwnChannels()
    {
        using var scope = NewDisposeScope();
        var weight = ones(4, 2, 1, 1);
        var layer = new AdaptableConv2d(Weight.Shared("conv.weight", weight), null, new ConvolutionSteps(Groups: 2));
        var x = zeros(1, 4, 2, 2);
        x.select(1, 3).fill_(1);

        var output = layer.Forward(x, ForwardMode.Evaluation);

        Assert.Equal([0f, 0f, 1f, 1f], output.mean([0, 2, 3]).data<float>().ToArray());
        Assert.Equal(4, layer.InFeatures);
    }

    [Fact]
    public void Patches_Result_IsTheOnlyTensorLeft()
    {
        using var weight = ones(2, 3, 3, 3);
        using var x = zeros(1, 3, 8, 8);
        var layer = new AdaptableConv2d(Weight.Shared("conv.weight", weight), null, new ConvolutionSteps());
        using var scope = NewDisposeScope();
        using var patches = layer.Patches(x);
        Assert.Equal(1, scope.DisposablesCount);
    }
}
