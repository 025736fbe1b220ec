using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Bert;

/// <summary>
/// BERT (arXiv 1810.04805): word + position + type embeddings, then layers of self-attention and a two-layer network, each with
/// a residual connection that is normalised afterwards.
/// </summary>
internal sealed class BertBackbone : Backbone
{
    private readonly double _dropout;
    private readonly Embedding _words;
    private readonly Embedding _positions;
    private readonly Embedding _types;
    private readonly LayerNorm _norm;
    private readonly BertEncoder _encoder;

    /// <summary>Binds the weights; faults show when the binder is asked for them.</summary>
    public BertBackbone(BertConfig config, WeightBinder binder)
    {
        _dropout = config.HiddenDropout;
        HiddenSize = config.HiddenSize;
        MaxTokens = config.MaxTokens;
        var embeddings = binder.Scope("embeddings");
        _words = embeddings.Embedding("word_embeddings", config.VocabularySize, config.HiddenSize);
        _positions = embeddings.Embedding("position_embeddings", config.MaxTokens, config.HiddenSize);
        _types = embeddings.Embedding("token_type_embeddings", config.TypeCount, config.HiddenSize);
        _norm = embeddings.LayerNorm("LayerNorm", config.HiddenSize, config.NormEpsilon);
        _encoder = new BertEncoder(config, binder);
        Weights = [.. binder.Bound];
        AdaptableLayers = [.. binder.AdaptableLayers];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Weight> Weights { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<AdaptableLayer> AdaptableLayers { get; }

    /// <inheritdoc/>
    public override long HiddenSize { get; }

    /// <inheritdoc/>
    public override int? MaxTokens { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Batch batch, ForwardMode mode)
    {
        CheckTokens(batch);
        using var scope = NewDisposeScope();
        return _encoder.Forward(Embed(batch, mode), AttentionMask.OfPadding(batch), mode).MoveToOuterDisposeScope();
    }

    private Tensor Embed(Batch batch, ForwardMode mode)
    {
        using var scope = NewDisposeScope();
        var types = batch.TokenTypes is { } given ? _types.Forward(given) : _types.First(1);
        var sum = _words.Forward(batch.Inputs).Plus(types).Plus(_positions.First(batch.Inputs.shape[1]));
        return mode.Dropout(_norm.Forward(sum), _dropout).MoveToOuterDisposeScope();
    }
}
