using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Eva.Backbones.Layers;

/// <summary>
/// One learned vector per patch of the pretraining's square grid and one for CLS, [1, 1 + side², hidden]. For any other grid the
/// patches' part is resized bicubically; <paramref name="antialias"/> says how the family's reference does it.
/// </summary>
internal sealed class PositionTable(Weight weight, bool antialias)
{
    /// <summary>The vectors for a grid of that size, [1, 1 + rows·columns, hidden]. A fresh tensor.</summary>
    public Tensor For(long rows, long columns)
    {
        var table = weight.Value;
        var count = table.shape[1] - 1;
        // The reference leaves the table alone only for a square: a 2 × 8 grid has as many patches as 4 × 4, in other places.
        if (rows == columns && rows * columns == count)
            return table.alias();
        using var scope = NewDisposeScope();
        var side = (long)Math.Sqrt(count);
        var grid = table.narrow(1, 1, count).reshape(1, side, side, -1).permute(0, 3, 1, 2); // [1, hidden, side, side]
        var resized = functional.interpolate(grid, [rows, columns], mode: InterpolationMode.Bicubic, align_corners: false, antialias: antialias);
        var patches = resized.permute(0, 2, 3, 1).reshape(1, rows * columns, -1);
        return cat([table.narrow(1, 0, 1), patches], 1).MoveToOuterDisposeScope();
    }
}
