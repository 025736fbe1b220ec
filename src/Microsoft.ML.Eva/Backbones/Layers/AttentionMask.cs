using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Layers;

/// <summary>
/// Masks as numbers added to attention scores: 0 where one may look, the lowest float32 elsewhere. Not −∞: a row that may look
/// nowhere then attends evenly instead of becoming NaN.
/// </summary>
internal static class AttentionMask
{
    /// <summary>
    /// [batch, 1, 1, tokens], hiding the padding; null where there is none. On the CPU a mask of ones counts as none, too;
    /// elsewhere looking would wait for the device.
    /// </summary>
    public static Tensor? OfPadding(Batch batch)
    {
        if (batch.Mask is not { } mask)
            return null;
        using var scope = NewDisposeScope();
        if (mask.device_type == DeviceType.CPU && mask.min().item<long>() != 0)
            return null;
        return Hidden(mask.eq(Scalars.Of(0)).unsqueeze(1).unsqueeze(1)).MoveToOuterDisposeScope();
    }

    /// <summary>[tokens, tokens], hiding what comes later, on the device of <paramref name="like"/>.</summary>
    public static Tensor OfFuture(long tokens, Tensor like) => OfFuture(tokens, 0, like);

    /// <summary>[tokens, before + tokens], hiding what comes later; all tokens <paramref name="before"/> the first may be seen.</summary>
    public static Tensor OfFuture(long tokens, long before, Tensor like)
    {
        using var scope = NewDisposeScope();
        return Hidden(ones(tokens, before + tokens, ScalarType.Bool, like.device).triu(before + 1)).MoveToOuterDisposeScope();
    }

    /// <summary>The lowest float32 where <paramref name="hidden"/> is true, else 0. A fresh tensor.</summary>
    public static Tensor Hidden(Tensor hidden) =>
        zeros(hidden.shape, float32, hidden.device).masked_fill_(hidden, Scalars.Of(float.MinValue));
}
