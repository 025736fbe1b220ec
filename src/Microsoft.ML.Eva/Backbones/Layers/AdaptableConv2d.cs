using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Eva.Backbones.Layers;

/// <summary>How a convolution's kernel moves over its input; the same in both directions, as in every network known here.</summary>
internal sealed record ConvolutionSteps(long Stride = 1, long Padding = 0, long Dilation = 1, long Groups = 1);

/// <summary>y = W∗x + b with a kernel [out, in/groups, height, width] over [batch, in, rows, columns].</summary>
internal sealed class AdaptableConv2d(Weight weight, Weight? bias, ConvolutionSteps steps) : AdaptableLayer(weight, bias)
{
    /// <summary>Stride, padding, dilation and groups.</summary>
    public ConvolutionSteps Steps { get; } = steps;

    /// <inheritdoc/>
    public override long InFeatures => Weight.Value.shape[1] * Steps.Groups;

    /// <inheritdoc/>
    public override long OutFeatures => Weight.Value.shape[0];

    /// <summary>Height and width of the kernel.</summary>
    public (long Height, long Width) Kernel => (Weight.Value.shape[2], Weight.Value.shape[3]);

    /// <summary>From now on the output is <paramref name="scale"/>·y + <paramref name="shift"/> in every channel [out]; weight and bias become the model's own.</summary>
    public void ScaleOutputs(Tensor scale, Tensor shift)
    {
        if (Adapter is not null)
            throw new InvalidOperationException($"'{Name}' has an adapter; merge it first.");
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        var bias = Bias is null ? shift.clone() : (Bias.Value * scale).Plus(shift);
        Weight.Replace(Weight.Value * scale.reshape(-1, 1, 1, 1));
        if (Bias is null)
            Bias = Backbones.Weight.Owned($"{Name}.bias", bias);
        else
            Bias.Replace(bias);
    }

    /// <summary>
    /// What the kernel sees, one row per place where it stops: [batch·places, in·height·width]. A kernel flattened to
    /// [out, in·height·width] times such a row is the convolution's output there (one group). A fresh tensor.
    /// </summary>
    public Tensor Patches(Tensor x)
    {
        using var scope = NewDisposeScope();
        var (height, width) = Kernel;
        var columns = functional.unfold(x, (height, width), (Steps.Dilation, Steps.Dilation), (Steps.Padding, Steps.Padding), (Steps.Stride, Steps.Stride));
        // [batch, in·height·width, places] → [batch·places, in·height·width]
        return columns.transpose(1, 2).reshape(-1, columns.shape[1]).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override Tensor Multiply(Tensor x, Tensor weight, Tensor? bias) => functional.conv2d(
        x, weight, bias, [Steps.Stride, Steps.Stride], [Steps.Padding, Steps.Padding], [Steps.Dilation, Steps.Dilation], Steps.Groups);
}
