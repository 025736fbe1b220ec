using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Backbones.Roberta;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Mpnet;

/// <summary>MPNet (arXiv 2004.09297): a post-norm encoder with absolute positions and, in all layers, one learned bias per head and distance.</summary>
internal sealed class MpnetBackbone : Backbone
{
    private readonly MpnetConfig _config;
    private readonly Embedding _words;
    private readonly Embedding _positions;
    private readonly LayerNorm _norm;
    private readonly EncoderLayer[] _layers;
    private readonly Embedding _distances;

    /// <summary>Binds the weights; faults show when the binder is asked for them.</summary>
    public MpnetBackbone(MpnetConfig config, WeightBinder binder)
    {
        _config = config;
        var embeddings = binder.Scope("embeddings");
        _words = embeddings.Embedding("word_embeddings", config.VocabularySize, config.HiddenSize);
        _positions = embeddings.Embedding("position_embeddings", config.PositionCount, config.HiddenSize);
        _norm = embeddings.LayerNorm("LayerNorm", config.HiddenSize, config.NormEpsilon);
        _layers = [.. Enumerable.Range(0, config.LayerCount).Select(i => Layer(config, binder.Scope($"encoder.layer.{i}")))];
        _distances = binder.Embedding("encoder.relative_attention_bias", config.BucketCount, config.HeadCount);
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
        var bias = Bias(batch);
        var hidden = Embed(batch, mode); // [batch, tokens, hidden]
        mode.OnHiddenState?.Invoke(hidden);
        foreach (var layer in _layers)
        {
            using var input = hidden;
            hidden = layer.Forward(input, bias, mode);
            mode.OnHiddenState?.Invoke(hidden);
        }
        return hidden.MoveToOuterDisposeScope();
    }

    private Tensor Embed(Batch batch, ForwardMode mode)
    {
        using var scope = NewDisposeScope();
        var sum = _words.Forward(batch.Inputs).Plus(_positions.Forward(RobertaPositions.Of(batch.Inputs, MpnetConfig.PadId)));
        return mode.Dropout(_norm.Forward(sum), _config.HiddenDropout).MoveToOuterDisposeScope();
    }

    private Tensor Bias(Batch batch)
    {
        using var scope = NewDisposeScope();
        var buckets = RelativeBuckets.For(batch.Inputs.shape[1], batch.Inputs.device);
        var byDistance = _distances.Forward(buckets).permute(2, 0, 1).unsqueeze(0); // [1, heads, tokens, tokens]
        var sum = AttentionMask.OfPadding(batch) is { } mask ? byDistance.Plus(mask) : byDistance;
        return sum.MoveToOuterDisposeScope();
    }

    private static EncoderLayer Layer(MpnetConfig config, WeightBinder binder) => new(
        new SelfAttention(
            binder.Linear("attention.attn.q", config.HiddenSize, config.HiddenSize),
            binder.Linear("attention.attn.k", config.HiddenSize, config.HiddenSize),
            binder.Linear("attention.attn.v", config.HiddenSize, config.HiddenSize),
            config.HeadCount, config.AttentionDropout),
        new PostNormBlock(binder, config.BlockShape));
}
