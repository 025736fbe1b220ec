using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Eva.Adapters;

/// <summary>VeRA: h = W·x + b + λ_b⊙(B·(λ_d⊙(A·x))); A and B are shared and frozen, the vectors trained (arXiv 2310.11454).</summary>
internal sealed class VeraAdapter : LayerAdapter
{
    private readonly VeraProjection _projection;
    private readonly Weight _lambdaB;
    private readonly Weight _lambdaD;
    private readonly double _dropout;

    /// <summary>Sits down at <paramref name="layer"/>, holds <paramref name="projection"/> and owns the vectors [out] and [rank].</summary>
    public VeraAdapter(AdaptableLayer layer, VeraProjection projection, Tensor lambdaB, Tensor lambdaD, double dropout = 0) : base(layer)
    {
        _projection = projection.Hold();
        _lambdaB = Weight.Owned($"{layer.Name}.vera_lambda_b", lambdaB.requires_grad_(true));
        _lambdaD = Weight.Owned($"{layer.Name}.vera_lambda_d", lambdaD.requires_grad_(true));
        _dropout = dropout;
        Weights = [_lambdaB, _lambdaD];
    }

    /// <summary>The matrices shared with the other layers.</summary>
    public VeraProjection Projection => _projection;

    /// <inheritdoc/>
    public override IReadOnlyList<Weight> Weights { get; }

    /// <summary>λ_b = 0, λ_d = the options' value: the layer's output stays what it was.</summary>
    public static VeraAdapter Create(AdaptableLayer layer, VeraProjection projection, VeraOptions options)
    {
        var device = layer.Weight.Value.device;
        return new VeraAdapter(layer, projection, zeros(layer.OutFeatures, float32, device), full(options.Rank, Scalars.Of(options.InitialScale), float32, device), options.Dropout);
    }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor x, ForwardMode mode)
    {
        using var scope = NewDisposeScope();
        var rows = x.reshape(-1, Layer.InFeatures);
        var output = Layer.Base(rows, mode);
        var precise = output.to(float32);
        var input = rows.to(float32);
        if (mode.Drops(_dropout))
            input = mode.Dropout(input, _dropout);
        var (a, b) = Corners();
        precise.addmm_(functional.linear(input, a) * _lambdaD.Value, (_lambdaB.Value.unsqueeze(1) * b).t());
        return precise.to(output.dtype).view([.. x.shape[..^1], Layer.OutFeatures]).MoveToOuterDisposeScope();
    }

    private (Tensor A, Tensor B) Corners() => (_projection.A.narrow(1, 0, Layer.InFeatures), _projection.B.narrow(0, 0, Layer.OutFeatures));

    /// <inheritdoc/>
    public override (Tensor Weight, Tensor? Bias) Merge()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var weight = Layer.Weight.Value;
        var (a, b) = Corners();
        var merged = Layer.OutputsFirst(weight).to(float32).addmm(_lambdaB.Value.unsqueeze(1) * b, _lambdaD.Value.unsqueeze(1) * a);
        return (Layer.OutputsFirst(merged).to(weight.dtype).contiguous().MoveToOuterDisposeScope(), Layer.Bias?.Value.detach().clone().MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _projection.Release();
    }
}
