using Microsoft.ML.Eva.Backbones.Bert;
using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Electra;

/// <summary>ELECTRA's discriminator (arXiv 2003.10555): BERT with embeddings of a size of their own, projected to the layers' where they differ.</summary>
internal sealed class ElectraBackbone : Backbone
{
    private readonly BertConfig _config;
    private readonly Embedding _words;
    private readonly Embedding _positions;
    private readonly Embedding _types;
    private readonly LayerNorm _norm;
    private readonly AdaptableLinear? _projection;
    private readonly BertEncoder _encoder;

    /// <summary>Binds the weights; faults show when the binder is asked for them.</summary>
    public ElectraBackbone(BertConfig config, int embeddingSize, WeightBinder binder)
    {
        _config = config;
        var embeddings = binder.Scope("embeddings");
        _words = embeddings.Embedding("word_embeddings", config.VocabularySize, embeddingSize);
        _positions = embeddings.Embedding("position_embeddings", config.MaxTokens, embeddingSize);
        _types = embeddings.Embedding("token_type_embeddings", config.TypeCount, embeddingSize);
        _norm = embeddings.LayerNorm("LayerNorm", embeddingSize, config.NormEpsilon);
        _projection = embeddingSize == config.HiddenSize ? null : binder.Linear("embeddings_project", embeddingSize, config.HiddenSize);
        _encoder = new BertEncoder(config, binder);
        Weights = [.. binder.Bound];
        AdaptableLayers = [.. binder.AdaptableLayers];
    }

    /// <summary>From config.json.</summary>
    public static ElectraBackbone Create(ConfigReader config, WeightBinder binder)
    {
        var encoder = BertConfig.Read(config);
        return new ElectraBackbone(encoder, config.Size("embedding_size", absent: encoder.HiddenSize), binder);
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
        return _encoder.Forward(Embed(batch, mode), AttentionMask.OfPadding(batch), mode).MoveToOuterDisposeScope();
    }

    private Tensor Embed(Batch batch, ForwardMode mode)
    {
        using var scope = NewDisposeScope();
        var types = batch.TokenTypes is { } given ? _types.Forward(given) : _types.First(1);
        var sum = _words.Forward(batch.Inputs).Plus(types).Plus(_positions.First(batch.Inputs.shape[1]));
        var embeddings = mode.Dropout(_norm.Forward(sum), _config.HiddenDropout);
        return (_projection?.Forward(embeddings, mode) ?? embeddings).MoveToOuterDisposeScope();
    }
}
