using Microsoft.ML.Eva.Tensors;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.autograd;

namespace Microsoft.ML.Eva.Adapters;

/// <summary>
/// y = V·x + b with V = W + s·B·A, and gradients for x, A, B and b but not for the frozen W. Autograd left alone would pass
/// over all rows six times for the update; here it goes through the weight on the way there and back, which leaves four thin
/// products, each in the orientation that the matrix kernels are fast at (docs/performance.md). V is made again for the
/// way back instead of being kept: it would double the memory of the weights.
/// </summary>
internal sealed class UpdatedLinear : SingleTensorFunction<UpdatedLinear>
{
    private const string BiasIsTrained = nameof(BiasIsTrained);

    // What the last call on this thread returned. The native side has its own references by the time of the next call, and
    // activations of all layers would otherwise stay until the end of the backward pass. Of what the pass's last call returned
    // LowRankAdapter.EndBackward lets go.
    [ThreadStatic]
    private static List<Tensor>? _returned;

    /// <inheritdoc/>
    public override string Name => nameof(UpdatedLinear);

    /// <summary>The output [rows, out] for <paramref name="x"/> [rows, in], with <paramref name="weight"/> being the adapter's updated weight [out, in]. A fresh tensor.</summary>
    public static Tensor Compute(LowRankAdapter adapter, Tensor x, Tensor weight, Tensor? bias) =>
        apply(x, adapter.A.Value, adapter.B.Value, bias!, new Source(adapter, weight));

    /// <inheritdoc/>
    public override Tensor forward(AutogradContext ctx, params object[] vars)
    {
        var (x, source) = ((Tensor)vars[0], (Source)vars[4]);
        ctx.save_for_backward([x, (Tensor)vars[1], (Tensor)vars[2]]);
        ctx.save_data(nameof(LowRankAdapter), source.Adapter);
        ctx.save_data(BiasIsTrained, vars[3] is Tensor { requires_grad: true });
        return nn.functional.linear(x, source.Weight, (Tensor?)vars[3]);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(AutogradContext ctx, Tensor grad_output)
    {
        _returned?.ForEach(tensor => tensor.Dispose());
        _returned = null;
        var adapter = (LowRankAdapter)ctx.get_data(nameof(LowRankAdapter));
        using var gradient = grad_output; // a handle of our own
        try
        {
            using var frozen = no_grad();
            using var scope = NewDisposeScope();
            List<Tensor?> gradients = Gradients(ctx.get_saved_variables(), gradient, adapter, (bool)ctx.get_data(BiasIsTrained));
            _returned = [.. gradients.OfType<Tensor>().Select(tensor => tensor.MoveToOuterDisposeScope())];
            adapter.LastGradients = _returned;
            return gradients!;
        }
        catch (Exception e)
        {
            adapter.BackwardFailure ??= e; // must not unwind the native frames below
            return [null!, null!, null!, null!, null!];
        }
    }

    private static List<Tensor?> Gradients(List<Tensor> saved, Tensor gradient, LowRankAdapter adapter, bool isBiasTrained)
    {
        var (x, a, b) = (saved[0], saved[1], saved[2]);
        Scalar scaling = Scalars.Of(adapter.Scaling);
        var gradientOfX = x.requires_grad ? gradient.matmul(adapter.UpdatedWeight()) : null; // [rows, in]
        var gradientOfDown = gradient.matmul(b); // [rows, rank]
        var gradientOfA = gradientOfDown.t().matmul(x).mul_(scaling); // [rank, in]
        var down = nn.functional.linear(x, a); // [rows, rank]
        var gradientOfB = down.t().matmul(gradient).mul_(scaling).t(); // [rank, out] → [out, rank]
        return [gradientOfX, gradientOfA, gradientOfB, isBiasTrained ? gradient.sum([0L]) : null, null];
    }

    private sealed record Source(LowRankAdapter Adapter, Tensor Weight);
}
