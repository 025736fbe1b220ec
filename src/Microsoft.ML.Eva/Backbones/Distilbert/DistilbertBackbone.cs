using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Distilbert;

/// <summary>DistilBERT (arXiv 1910.01108): a BERT of half the layers, without token types and pooler.</summary>
internal sealed class DistilbertBackbone : Backbone
{
    private readonly DistilbertConfig _config;
    private readonly Embedding _words;
    private readonly Embedding _positions;
    private readonly LayerNorm _norm;
    private readonly EncoderLayer[] _layers;

    /// <summary>Binds the weights; faults show when the binder is asked for them.</summary>
    public DistilbertBackbone(DistilbertConfig config, WeightBinder binder)
    {
        _config = config;
        var embeddings = binder.Scope("embeddings");
        _words = embeddings.Embedding("word_embeddings", config.VocabularySize, config.HiddenSize);
        _positions = embeddings.Embedding("position_embeddings", config.MaxTokens, config.HiddenSize);
        _norm = embeddings.LayerNorm("LayerNorm", config.HiddenSize, DistilbertConfig.NormEpsilon);
        _layers = [.. Enumerable.Range(0, config.LayerCount).Select(i => Layer(config, binder.Scope($"transformer.layer.{i}")))];
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
        var mask = AttentionMask.OfPadding(batch);
        var hidden = Embed(batch, mode); // [batch, tokens, hidden]
        mode.OnHiddenState?.Invoke(hidden);
        foreach (var layer in _layers)
        {
            using var input = hidden;
            hidden = layer.Forward(input, mask, mode);
            mode.OnHiddenState?.Invoke(hidden);
        }
        return hidden.MoveToOuterDisposeScope();
    }

    private Tensor Embed(Batch batch, ForwardMode mode)
    {
        using var scope = NewDisposeScope();
        var sum = _words.Forward(batch.Inputs).Plus(_positions.First(batch.Inputs.shape[1]));
        return mode.Dropout(_norm.Forward(sum), _config.Dropout).MoveToOuterDisposeScope();
    }

    private static EncoderLayer Layer(DistilbertConfig config, WeightBinder binder) => new(
        new SelfAttention(
            binder.Linear("attention.q_lin", config.HiddenSize, config.HiddenSize),
            binder.Linear("attention.k_lin", config.HiddenSize, config.HiddenSize),
            binder.Linear("attention.v_lin", config.HiddenSize, config.HiddenSize),
            config.HeadCount, config.AttentionDropout),
        new PostNormBlock(binder, config.BlockShape));
}
