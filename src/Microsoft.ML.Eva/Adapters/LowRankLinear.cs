using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Tensors;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.autograd;

namespace Microsoft.ML.Eva.Adapters;

/// <summary>
/// y = W·x + b + s·B·(A·x), and gradients for x, A, B and b but not for the frozen W. Autograd left alone would take some of the
/// thin products in the orientation that the matrix kernels are slow at (docs/performance.md).
/// </summary>
internal sealed class LowRankLinear : SingleTensorFunction<LowRankLinear>
{
    // What the last call on this thread returned. The native side has its own references by the time of the next call, and
    // activations of all layers would otherwise stay until the end of the backward pass. Of what the pass's last call returned
    // LowRankAdapter.EndBackward lets go.
    [ThreadStatic]
    private static List<Tensor>? _returned;

    /// <inheritdoc/>
    public override string Name => nameof(LowRankLinear);

    /// <summary>
    /// The output [rows, out] for <paramref name="x"/> [rows, in], with or without the layer's bias. A fresh tensor. Who has
    /// <see cref="LowRankAdapter.UpdatedWeight"/> at hand gives it: then one product in 32 bits is enough.
    /// </summary>
    public static Tensor Compute(LowRankAdapter adapter, Tensor x, bool addsBias, ForwardMode mode, Tensor? updatedWeight = null) =>
        apply(x, adapter.A.Value, adapter.B.Value, (addsBias ? adapter.Layer.Bias?.Value : null)!, new Call(adapter, mode) { UpdatedWeight = updatedWeight });

    /// <inheritdoc/>
    public override Tensor forward(AutogradContext ctx, params object[] vars)
    {
        var (x, a, b, bias, call) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2], (Tensor?)vars[3], (Call)vars[4]);
        var layer = call.Adapter.Layer;
        var down = nn.functional.linear(x, a); // [rows, rank]
        ctx.save_for_backward([x, a, b, down]);
        ctx.save_data(nameof(Call), call with { TrainsBias = bias is { requires_grad: true }, UpdatedWeight = null });
        if (call.UpdatedWeight is { } updated && !AdaptableLayer.Rounds(x, call.Mode)) // a small update would be rounded away with the weight
            return nn.functional.linear(x, updated, bias);
        var output = bias is null ? layer.BaseWithoutBias(x, call.Mode) : layer.Base(x, call.Mode);
        return output.addmm_(down, b.t(), 1, (float)call.Adapter.Scaling);
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(AutogradContext ctx, Tensor grad_output)
    {
        _returned?.ForEach(tensor => tensor.Dispose());
        _returned = null;
        var call = (Call)ctx.get_data(nameof(Call));
        using var gradient = grad_output; // a handle of our own
        try
        {
            using var frozen = no_grad();
            using var scope = NewDisposeScope();
            List<Tensor?> gradients = Gradients(ctx.get_saved_variables(), gradient, call);
            _returned = [.. gradients.OfType<Tensor>().Select(tensor => tensor.MoveToOuterDisposeScope())];
            call.Adapter.LastGradients = _returned;
            return gradients!;
        }
        catch (Exception e)
        {
            call.Adapter.BackwardFailure ??= e; // must not unwind the native frames below
            return [null!, null!, null!, null!, null!];
        }
    }

    private static List<Tensor?> Gradients(List<Tensor> saved, Tensor gradient, Call call)
    {
        var (x, a, b, down) = (saved[0], saved[1], saved[2], saved[3]);
        var adapter = call.Adapter;
        Scalar scaling = Scalars.Of(adapter.Scaling);
        var gradientOfDown = gradient.matmul(b); // [rows, rank], without the scaling
        var gradientOfX = x.requires_grad ? ((AdaptableLinear)adapter.Layer).GradientOfInput(gradient, call.Mode).addmm_(gradientOfDown, a, 1, (float)adapter.Scaling) : null; // [rows, in]
        var gradientOfA = gradientOfDown.t().matmul(x).mul_(scaling); // [rank, in]
        var gradientOfB = down.t().matmul(gradient).mul_(scaling).t(); // [rank, out] → [out, rank]
        return [gradientOfX, gradientOfA, gradientOfB, call.TrainsBias ? gradient.sum([0L]) : null, null];
    }

    private sealed record Call(LowRankAdapter Adapter, ForwardMode Mode)
    {
        public bool TrainsBias { get; init; }

        public Tensor? UpdatedWeight { get; init; }
    }
}
