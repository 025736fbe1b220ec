using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Modernbert;

/// <summary>ModernBERT (arXiv 2412.13663): pre-norm layers with rotary positions and gated feed-forward parts; most look at near tokens only.</summary>
internal sealed class ModernbertBackbone : Backbone
{
    private readonly ModernbertConfig _config;
    private readonly Embedding _words;
    private readonly LayerNorm _embeddingNorm;
    private readonly ModernbertLayer[] _layers;
    private readonly LayerNorm _finalNorm;

    /// <summary>Binds the weights; faults show when the binder is asked for them.</summary>
    public ModernbertBackbone(ModernbertConfig config, WeightBinder binder)
    {
        _config = config;
        _words = binder.Embedding("embeddings.tok_embeddings", config.VocabularySize, config.HiddenSize);
        _embeddingNorm = binder.LayerNorm("embeddings.norm", config.HiddenSize, config.NormEpsilon, config.NormBias);
        _layers = [.. config.IsGlobal.Select((_, i) => new ModernbertLayer(binder.Scope($"layers.{i}"), config, isFirst: i == 0))];
        _finalNorm = binder.LayerNorm("final_norm", config.HiddenSize, config.NormEpsilon, config.NormBias);
        Weights = [.. binder.Bound];
        AdaptableLayers = [.. binder.AdaptableLayers];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Weight> Weights { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<AdaptableLayer> AdaptableLayers { get; }

    /// <inheritdoc/>
    public override long HiddenSize => _config.HiddenSize;

    /// <inheritdoc/>
    public override int? MaxTokens => _config.MaxTokens;

    /// <inheritdoc/>
    public override Tensor Forward(Batch batch, ForwardMode mode)
    {
        CheckTokens(batch);
        using var scope = NewDisposeScope();
        var (tokens, device) = (batch.Inputs.shape[1], batch.Inputs.device);
        var mask = AttentionMask.OfPadding(batch);
        var everywhere = new AttentionView(mask, RotaryPositions.For(tokens, _config.HeadSize, _config.GlobalTheta, device));
        var nearby = new AttentionView(LocalBias(tokens, mask, device), RotaryPositions.For(tokens, _config.HeadSize, _config.LocalTheta, device));
        var hidden = mode.Dropout(_embeddingNorm.Forward(_words.Forward(batch.Inputs)), _config.EmbeddingDropout); // [batch, tokens, hidden]
        for (var i = 0; i < _layers.Length; i++)
        {
            mode.OnHiddenState?.Invoke(hidden);
            using var input = hidden;
            hidden = _layers[i].Forward(input, _config.IsGlobal[i] ? everywhere : nearby, mode);
        }
        var last = _finalNorm.Forward(hidden);
        mode.OnHiddenState?.Invoke(last); // as in the reference, the last layer's own output is shown nowhere
        return last.MoveToOuterDisposeScope();
    }

    // Hides what is farther away than the layer looks; nothing is in a short text.
    private Tensor? LocalBias(long tokens, Tensor? mask, Device device)
    {
        if (tokens - 1 <= _config.LocalReach)
            return mask;
        using var scope = NewDisposeScope();
        var places = arange(Scalars.Of(0), Scalars.Of(tokens), Scalars.One, ScalarType.Int64, device);
        var far = AttentionMask.Hidden((places.unsqueeze(1) - places.unsqueeze(0)).abs().gt(Scalars.Of(_config.LocalReach)));
        return (mask is null ? far : minimum(far, mask)).MoveToOuterDisposeScope();
    }
}
