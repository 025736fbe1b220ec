using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Data.Trajectories;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.DecisionTransformer;

/// <summary>The action of each step, from the last hidden state of its state's token: that token has seen the return-to-go and the state, but not the action.</summary>
internal sealed class ActionHead : Head
{
    private readonly DecisionTransformerConfig _config;
    private readonly Linear _action;

    /// <summary>Binds the weights; faults show when the binder is asked for them.</summary>
    public ActionHead(DecisionTransformerConfig config, WeightBinder binder)
    {
        _config = config;
        var weight = binder.Bind("predict_action.0.weight", config.ActionSize, config.Decoder.HiddenSize);
        var bias = binder.Bind("predict_action.0.bias", config.ActionSize);
        _action = new Linear(weight, bias);
        Weights = [weight, bias];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Weight> Weights { get; }

    /// <summary>[batch, 3·steps, hidden] → [batch, steps, action]. A fresh tensor.</summary>
    public override Tensor Forward(Tensor hidden, Batch batch, ForwardMode mode)
    {
        using var scope = NewDisposeScope();
        var ofStates = hidden.view(hidden.shape[0], -1, StepColumns.TokensPerStep, hidden.shape[2]).select(2, 1); // [batch, steps, hidden]
        var actions = _action.Forward(ofStates);
        return (_config.IsActionBounded ? actions.tanh() : actions).MoveToOuterDisposeScope();
    }
}
