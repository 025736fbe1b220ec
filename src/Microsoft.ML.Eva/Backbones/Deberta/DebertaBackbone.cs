using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Deberta;

/// <summary>DeBERTa-v2 and -v3 (arXiv 2006.03654, 2111.09543): a post-norm encoder whose attention treats contents and distances apart.</summary>
internal sealed class DebertaBackbone : Backbone
{
    private readonly DebertaConfig _config;
    private readonly Embedding _words;
    private readonly Embedding? _positions;
    private readonly Embedding? _types;
    private readonly AdaptableLinear? _projection;
    private readonly LayerNorm _norm;
    private readonly (DisentangledAttention Attention, PostNormBlock Block)[] _layers;
    private readonly Weight? _table;
    private readonly LayerNorm? _tableNorm;

    /// <summary>Binds the weights; faults show when the binder is asked for them.</summary>
    public DebertaBackbone(DebertaConfig config, WeightBinder binder)
    {
        _config = config;
        var embeddings = binder.Scope("embeddings");
        _words = embeddings.Embedding("word_embeddings", config.VocabularySize, config.EmbeddingSize);
        _positions = config.AddsPositions ? embeddings.Embedding("position_embeddings", config.MaxTokens, config.EmbeddingSize) : null;
        _types = config.TypeCount > 0 ? embeddings.Embedding("token_type_embeddings", config.TypeCount, config.EmbeddingSize) : null;
        _projection = config.EmbeddingSize == config.HiddenSize ? null : embeddings.Linear("embed_proj", config.EmbeddingSize, config.HiddenSize, hasBias: false);
        _norm = embeddings.LayerNorm("LayerNorm", config.HiddenSize, config.NormEpsilon);
        _layers = [.. Enumerable.Range(0, config.LayerCount).Select(i => binder.Scope($"encoder.layer.{i}"))
            .Select(layer => (new DisentangledAttention(layer.Scope("attention.self"), config), new PostNormBlock(layer, config.BlockShape)))];
        if (config.Relative is { } relative)
        {
            _table = binder.Bind("encoder.rel_embeddings.weight", 2 * relative.Span, config.HiddenSize);
            _tableNorm = relative.NormalizesTable ? binder.LayerNorm("encoder.LayerNorm", config.HiddenSize, config.NormEpsilon) : null;
        }
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
        var surroundings = Surroundings(batch, mode);
        var hidden = Embed(batch, mode); // [batch, tokens, hidden]
        mode.OnHiddenState?.Invoke(hidden);
        foreach (var (attention, block) in _layers)
        {
            using var input = hidden;
            using var context = attention.Forward(input, surroundings, mode);
            hidden = block.Forward(input, context, mode);
            mode.OnHiddenState?.Invoke(hidden);
        }
        return hidden.MoveToOuterDisposeScope();
    }

    private Tensor Embed(Batch batch, ForwardMode mode)
    {
        using var scope = NewDisposeScope();
        var sum = _words.Forward(batch.Inputs);
        if (_positions is not null)
            sum = sum.Plus(_positions.First(batch.Inputs.shape[1]));
        if (_types is not null)
            sum = sum.Plus(batch.TokenTypes is { } types ? _types.Forward(types) : _types.First(1));
        if (_projection is not null)
            sum = _projection.Forward(sum, mode);
        var embeddings = _norm.Forward(sum);
        if (batch.Mask is not null)
            embeddings *= batch.Mask.unsqueeze(-1).to_type(embeddings.dtype);
        return mode.Dropout(embeddings, _config.HiddenDropout).MoveToOuterDisposeScope();
    }

    private AttentionSurroundings Surroundings(Batch batch, ForwardMode mode)
    {
        var mask = AttentionMask.OfPadding(batch);
        if (_config.Relative is not { } relative)
            return new AttentionSurroundings(mask, null, null, null);
        var (tokens, device) = (batch.Inputs.shape[1], batch.Inputs.device);
        return new AttentionSurroundings(
            mask, Table(mode), RelativeDistances.Rows(tokens, relative, device), RelativeDistances.MirroredRows(tokens, relative, device));
    }

    private Tensor Table(ForwardMode mode)
    {
        using var scope = NewDisposeScope();
        var table = _tableNorm?.Forward(_table!.Value) ?? _table!.Value.alias();
        return mode.Dropout(table.unsqueeze(0), _config.HiddenDropout).MoveToOuterDisposeScope();
    }
}
