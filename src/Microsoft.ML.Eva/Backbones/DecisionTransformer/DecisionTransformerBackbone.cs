using Microsoft.ML.Eva.Backbones.Gpt2;
using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Data.Trajectories;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.DecisionTransformer;

/// <summary>
/// Decision Transformer (Chen et al., 2021, arXiv 2106.01345): each step of an episode is three tokens – return-to-go, state, action –
/// that carry the embedding of their time step and go through a GPT-2 without places of its own.
/// </summary>
internal sealed class DecisionTransformerBackbone : Backbone
{
    private const double EmbeddingNormEpsilon = 1e-5;

    // A table of words that nobody reads, and the heads for states and returns, which are of no use for acting.
    private static readonly string[] ReferenceOnly =
        ["encoder.wte.weight", "predict_state.weight", "predict_state.bias", "predict_return.weight", "predict_return.bias"];

    private readonly DecisionTransformerConfig _config;
    private readonly Embedding _times;
    private readonly Linear _returns;
    private readonly Linear _states;
    private readonly Linear _actions;
    private readonly LayerNorm _embeddingNorm;
    private readonly Embedding _place;
    private readonly Gpt2Layer[] _layers;
    private readonly LayerNorm _finalNorm;

    /// <summary>Binds the weights; faults show when the binder is asked for them.</summary>
    public DecisionTransformerBackbone(DecisionTransformerConfig config, WeightBinder binder)
    {
        _config = config;
        var (decoder, size) = (config.Decoder, config.Decoder.HiddenSize);
        _times = binder.Embedding("embed_timestep", config.MaxSteps, size);
        _returns = Plain(binder, "embed_return", 1, size);
        _states = Plain(binder, "embed_state", config.StateSize, size);
        _actions = Plain(binder, "embed_action", config.ActionSize, size);
        _embeddingNorm = binder.LayerNorm("embed_ln", size, EmbeddingNormEpsilon);
        _place = binder.Embedding("encoder.wpe", decoder.MaxTokens, size);
        _layers = [.. Enumerable.Range(0, decoder.LayerCount).Select(i => new Gpt2Layer(binder.Scope($"encoder.h.{i}"), decoder))];
        _finalNorm = binder.LayerNorm("encoder.ln_f", size, decoder.NormEpsilon);
        Weights = [.. binder.Bound];
        Constants = [.. ReferenceOnly.Where(binder.Has).Select(name => binder.Constant(name, binder.ShapeOf(name)!))];
        AdaptableLayers = [.. binder.AdaptableLayers];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Weight> Weights { get; }

    /// <summary>What only the reference has: kept, so that it can load what is saved here.</summary>
    public override IReadOnlyList<Weight> Constants { get; }

    /// <summary>The linear layers of the GPT-2 blocks. The embeddings of return, state and action have no seat, but can be trained in full.</summary>
    public override IReadOnlyList<AdaptableLayer> AdaptableLayers { get; }

    /// <inheritdoc/>
    public override long HiddenSize => _config.Decoder.HiddenSize;

    /// <inheritdoc/>
    public override int? MaxTokens => null;

    /// <summary>The sizes.</summary>
    public DecisionTransformerConfig Config => _config;

    /// <summary>The last hidden state [batch, 3·steps, hidden]. A fresh tensor.</summary>
    public override Tensor Forward(Batch batch, ForwardMode mode)
    {
        if (batch.Inputs.dim() != 3 || batch.Inputs.shape[2] != _config.Columns.Width)
            throw new ArgumentException($"The batch is [{string.Join(", ", batch.Inputs.shape)}]; this network takes [batch, steps, {_config.Columns.Width}]: states of {_config.StateSize} numbers and actions of {_config.ActionSize}.", nameof(batch));
        using var scope = NewDisposeScope();
        var hidden = mode.Dropout(Embed(batch.Inputs), _config.Decoder.EmbeddingDropout);
        var bias = Bias(batch, hidden);
        foreach (var layer in _layers)
        {
            mode.OnHiddenState?.Invoke(hidden);
            using var input = hidden;
            hidden = layer.Forward(input, bias, mode);
        }
        var last = _finalNorm.Forward(hidden);
        mode.OnHiddenState?.Invoke(last);
        return last.MoveToOuterDisposeScope();
    }

    private static Linear Plain(WeightBinder binder, string name, long inFeatures, long outFeatures) =>
        new(binder.Bind($"{name}.weight", outFeatures, inFeatures), binder.Bind($"{name}.bias", outFeatures));

    // [batch, steps, columns] → [batch, 3·steps, hidden]: R₁ s₁ a₁ R₂ s₂ a₂ …
    private Tensor Embed(Tensor steps)
    {
        using var scope = NewDisposeScope();
        var columns = _config.Columns;
        var times = _times.Forward(steps.select(2, StepColumns.Time).to_type(ScalarType.Int64)); // [batch, steps, hidden]
        var returns = _returns.Forward(steps.narrow(2, StepColumns.Return, 1)).Plus(times);
        var states = _states.Forward(steps.narrow(2, StepColumns.State, columns.StateSize)).Plus(times);
        var actions = _actions.Forward(steps.narrow(2, columns.Action, columns.ActionSize)).Plus(times);
        var tokens = _embeddingNorm.Forward(stack([returns, states, actions], 2).flatten(1, 2));
        return tokens.Plus(_place.First(1)).MoveToOuterDisposeScope(); // the reference puts every token at the GPT-2's place 0
    }

    // Null without padding: the kernel hides later tokens by itself.
    private static Tensor? Bias(Batch batch, Tensor tokens)
    {
        using var scope = NewDisposeScope();
        return AttentionMask.OfPadding(batch) is { } mask
            ? minimum(AttentionMask.OfFuture(tokens.shape[1], tokens), mask).MoveToOuterDisposeScope()
            : null;
    }
}
