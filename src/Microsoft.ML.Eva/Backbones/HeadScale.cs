using Microsoft.ML.Eva.Data.Labels;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones;

/// <summary>Moves the output of a network for one number between the labels' own scale and the one that training takes, by its last layer alone.</summary>
internal static class HeadScale
{
    /// <summary>Lets a head that gives labels give scaled ones.</summary>
    public static void ToScaled(Head head, NumberScale scale) => Change(head, 1 / scale.Factor, bias => bias.Minus(scale.Shift).Over(scale.Factor));

    /// <summary>Lets a head that gives scaled labels give the labels themselves: nobody after training needs to know of the scale.</summary>
    public static void ToLabels(Head head, NumberScale scale) => Change(head, scale.Factor, bias => bias.Times(scale.Factor).Plus(scale.Shift));

    private static void Change(Head head, double factor, Func<Tensor, Tensor> changeBias)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var (weight, bias) = head.LastLayer;
        weight.Replace(weight.Value.detach().Times(factor));
        // in float64, so that large shifts lose nothing on the way
        bias?.Replace(changeBias(bias.Value.detach().to(ScalarType.Float64)).to(bias.Value.dtype));
    }
}
