using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Adapters;

/// <summary>
/// Smoothed sensitivity |p·∂L/∂p| of every entry of one layer's A, B and E, and its uncertainty; their product scores entries,
/// and a triplet's score is its E's plus the means over its row of A and column of B (AdaLoRA, equations 8 to 11).
/// </summary>
internal sealed class TripletImportance : IDisposable
{
    private readonly AdaLoraAdapter _adapter;
    private readonly (double Importance, double Uncertainty) _decay;
    private readonly Tensor[] _sensitivities;
    private readonly Tensor[] _uncertainties;

    public TripletImportance(AdaLoraAdapter adapter, double importanceDecay, double uncertaintyDecay)
    {
        (_adapter, _decay) = (adapter, (importanceDecay, uncertaintyDecay));
        using var frozen = no_grad();
        _sensitivities = [.. adapter.Weights.Select(weight => zeros_like(weight.Value).DetachFromDisposeScope())];
        _uncertainties = [.. adapter.Weights.Select(weight => zeros_like(weight.Value).DetachFromDisposeScope())];
    }

    /// <summary>The running means, by name; changing them in place changes what comes next.</summary>
    public IEnumerable<(string Name, Tensor Value)> State =>
        _sensitivities.Select((tensor, i) => ($"sensitivity.{i}", tensor)).Concat(_uncertainties.Select((tensor, i) => ($"uncertainty.{i}", tensor)));

    /// <summary>Takes this step's gradients in.</summary>
    public void Update()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        for (var i = 0; i < _sensitivities.Length; i++)
        {
            var parameter = _adapter.Weights[i].Value;
            if (parameter.grad is not { } gradient)
                continue;
            var sensitivity = (parameter * gradient).abs_();
            _sensitivities[i].mul_(Scalars.Of(_decay.Importance)).add_(sensitivity, Scalars.Of(1 - _decay.Importance));
            _uncertainties[i].mul_(Scalars.Of(_decay.Uncertainty)).add_((sensitivity - _sensitivities[i]).abs_(), Scalars.Of(1 - _decay.Uncertainty));
        }
    }

    /// <summary>The score of each triplet [rank]. A fresh tensor.</summary>
    public Tensor Scores()
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var rows = (_sensitivities[0] * _uncertainties[0]).mean([1L]);
        var columns = (_sensitivities[1] * _uncertainties[1]).mean([0L]);
        var values = (_sensitivities[2] * _uncertainties[2]).view(-1);
        return values.Plus(rows.Plus(columns)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in _sensitivities.Concat(_uncertainties))
            tensor.Dispose();
    }
}
