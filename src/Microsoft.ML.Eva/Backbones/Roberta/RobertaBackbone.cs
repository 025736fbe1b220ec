using Microsoft.ML.Eva.Backbones.Bert;
using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Roberta;

/// <summary>RoBERTa (arXiv 1907.11692) and XLM-R (arXiv 1911.02116): BERT's layers with positions counted from the ids.</summary>
internal sealed class RobertaBackbone : Backbone
{
    private readonly RobertaConfig _config;
    private readonly Embedding _words;
    private readonly Embedding _positions;
    private readonly Embedding _types;
    private readonly LayerNorm _norm;
    private readonly BertEncoder _encoder;

    /// <summary>Binds the weights; faults show when the binder is asked for them.</summary>
    public RobertaBackbone(RobertaConfig config, WeightBinder binder)
    {
        _config = config;
        var (encoder, embeddings) = (config.Encoder, binder.Scope("embeddings"));
        _words = embeddings.Embedding("word_embeddings", encoder.VocabularySize, encoder.HiddenSize);
        _positions = embeddings.Embedding("position_embeddings", encoder.MaxTokens, encoder.HiddenSize);
        _types = embeddings.Embedding("token_type_embeddings", encoder.TypeCount, encoder.HiddenSize);
        _norm = embeddings.LayerNorm("LayerNorm", encoder.HiddenSize, encoder.NormEpsilon);
        _encoder = new BertEncoder(encoder, binder);
        Weights = [.. binder.Bound];
        AdaptableLayers = [.. binder.AdaptableLayers];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Weight> Weights { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<AdaptableLayer> AdaptableLayers { get; }

    /// <inheritdoc/>
    public override long HiddenSize => _config.Encoder.HiddenSize;

    /// <inheritdoc/>
    public override int? MaxTokens => _config.MaxTokens;

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
        var sum = _words.Forward(batch.Inputs).Plus(types).Plus(_positions.Forward(RobertaPositions.Of(batch.Inputs, _config.PadId)));
        return mode.Dropout(_norm.Forward(sum), _config.Encoder.HiddenDropout).MoveToOuterDisposeScope();
    }
}
