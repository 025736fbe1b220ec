using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Adapters;

/// <summary>
/// BOFT: h = s⊙(W·(x·F_m…F_1)) + b. Factor F_i rotates blocks of inputs by Q = (I − S)(I + S)⁻¹, S skew-symmetric, in its own
/// butterfly order (arXiv 2311.06243). The factors are applied to x one by one; no [in, in] matrix is ever made.
/// </summary>
internal sealed class BoftAdapter : LayerAdapter
{
    private readonly Weight _rotations;
    private readonly Weight _scale;
    private readonly ButterflyPattern _pattern;
    private readonly double _dropout;
    private readonly (Tensor Order, Tensor Inverse)?[] _orders;

    /// <summary>Sits down at <paramref name="layer"/> and owns <paramref name="rotations"/> [factors, blocks, width, width] and <paramref name="scale"/> [out, 1].</summary>
    public BoftAdapter(AdaptableLayer layer, ButterflyPattern pattern, Tensor rotations, Tensor scale, double dropout = 0) : base(layer)
    {
        _rotations = Weight.Owned($"{layer.Name}.boft_R", rotations.requires_grad_(true));
        _scale = Weight.Owned($"{layer.Name}.boft_s", scale.requires_grad_(true));
        (_pattern, _dropout) = (pattern, dropout);
        _orders = [.. Enumerable.Range(0, pattern.Factors).Select(factor => Orders(pattern.Order(factor), rotations.device))];
        Weights = [_rotations, _scale];
    }

    /// <summary>The blocks of the rotations.</summary>
    public ButterflyPattern Pattern => _pattern;

    /// <inheritdoc/>
    public override IReadOnlyList<Weight> Weights { get; }

    /// <summary>The identity: no rotation, scale 1.</summary>
    public static BoftAdapter Create(AdaptableLayer layer, BoftOptions options)
    {
        var pattern = ButterflyPattern.Create(options, layer.Name, layer.InFeatures);
        var device = layer.Weight.Value.device;
        return new BoftAdapter(
            layer, pattern,
            zeros([pattern.Factors, pattern.BlockCount, pattern.BlockSize, pattern.BlockSize], float32, device),
            ones([layer.OutFeatures, 1], float32, device),
            options.Dropout);
    }

    private static (Tensor, Tensor)? Orders(long[]? order, Device device)
    {
        if (order is null)
            return null;
        var inverse = new long[order.Length];
        for (var i = 0; i < order.Length; i++)
            inverse[order[i]] = i;
        return (tensor(order, device: device).DetachFromDisposeScope(), tensor(inverse, device: device).DetachFromDisposeScope());
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, ForwardMode mode)
    {
        using var scope = NewDisposeScope();
        var rows = Rotate(x.reshape(-1, Layer.InFeatures).to(_rotations.Value.dtype), Blocks(mode)).to(x.dtype);
        var output = Layer.BaseWithoutBias(rows, mode);
        var scale = _scale.Value.view(-1).to(output.dtype);
        output = Layer.Bias is null ? output * scale : addcmul(Layer.Bias.Value, output, scale, Scalars.One);
        return output.view([.. x.shape[..^1], Layer.OutFeatures]).MoveToOuterDisposeScope();
    }

    // Q [factors, blocks, width, width] by Cayley's transform; both factors of it commute.
    private Tensor Blocks(ForwardMode mode)
    {
        var skew = (_rotations.Value - _rotations.Value.transpose(-1, -2)).Times(0.5);
        var identity = eye(_pattern.BlockSize, device: skew.device);
        var blocks = linalg.solve(identity.Plus(skew), identity - skew);
        if (!mode.Drops(_dropout))
            return blocks;
        var kept = mode.Dropout(ones([_pattern.Factors, _pattern.BlockCount, 1, 1], device: skew.device), _dropout).Times(1 - _dropout);
        return (kept * blocks).Plus(kept.negative().Plus(1) * identity);
    }

    // x·F_m…F_1: F_i = P·diag(Q)·Pᵀ, where x·P puts the inputs into the factor's order.
    private Tensor Rotate(Tensor rows, Tensor blocks)
    {
        for (var factor = _pattern.Factors - 1; factor >= 0; factor--)
        {
            if (_orders[factor] is { } before)
                rows = rows.index_select(1, before.Order);
            var byBlock = rows.view(rows.shape[0], _pattern.BlockCount, _pattern.BlockSize).transpose(0, 1);
            rows = byBlock.bmm(blocks[factor]).transpose(0, 1).reshape(rows.shape);
            if (_orders[factor] is { } after)
                rows = rows.index_select(1, after.Inverse);
        }
        return rows;
    }

    /// <inheritdoc/>
    public override (Tensor Weight, Tensor? Bias) Merge()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var weight = Layer.Weight.Value;
        var rotation = Rotate(eye(Layer.InFeatures, device: weight.device), Blocks(ForwardMode.Evaluation));
        var merged = Layer.OutputsFirst(weight).to(float32).mm(rotation.t()) * _scale.Value;
        return (Layer.OutputsFirst(merged).to(weight.dtype).contiguous().MoveToOuterDisposeScope(), Layer.Bias?.Value.detach().clone().MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        foreach (var pair in _orders)
        {
            pair?.Order.Dispose();
            pair?.Inverse.Dispose();
        }
    }
}
