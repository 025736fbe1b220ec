using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Layers;

/// <summary>Cuts pictures into squares and makes a token of each: a convolution whose stride is its kernel.</summary>
internal sealed class PatchEmbedding(AdaptableConv2d projection)
{
    /// <summary>How many tokens each picture [batch, channels, height, width] gives.</summary>
    public long CountIn(Tensor pixels) => pixels.shape[2] / projection.Kernel.Height * (pixels.shape[3] / projection.Kernel.Width);

    /// <summary>The picture's tokens, row by row, and how many rows and columns there are. What does not fill a patch is cut off.</summary>
    /// <returns>[batch, rows·columns, hidden], a fresh tensor.</returns>
    public (Tensor Tokens, long Rows, long Columns) Forward(Tensor pixels, ForwardMode mode)
    {
        var (height, width) = projection.Kernel;
        if (pixels.dim() != 4 || pixels.shape[1] != projection.InFeatures || pixels.shape[2] < height || pixels.shape[3] < width)
            throw new ArgumentException($"Pictures are [{string.Join(", ", pixels.shape)}]; the network needs [batch, {projection.InFeatures}, at least {height}, at least {width}].", nameof(pixels));
        using var scope = NewDisposeScope();
        var grid = projection.Forward(pixels, mode); // [batch, hidden, rows, columns]
        var tokens = grid.flatten(2).transpose(1, 2);
        return (tokens.MoveToOuterDisposeScope(), grid.shape[2], grid.shape[3]);
    }
}
