using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Vit;

/// <summary>
/// Vision transformer (arXiv 2010.11929) under the names of Hugging Face's ViTModel: patches, a CLS token, learned positions,
/// pre-norm encoder layers, a final normalisation.
/// </summary>
internal sealed class VitBackbone : Backbone
{
    /// <summary>Tokens before the patches: CLS.</summary>
    public const int PrefixTokens = 1;

    private readonly VisionTransformerConfig _config;
    private readonly PatchEmbedding _patches;
    private readonly Weight _clsToken;
    private readonly PositionTable _positions;
    private readonly VitLayer[] _layers;
    private readonly LayerNorm _finalNorm;

    /// <summary>Binds every parameter; the caller ends with <see cref="WeightBinder.ThrowIfFaulty"/>.</summary>
    public VitBackbone(ConfigReader settings, WeightBinder binder)
    {
        _config = new VisionTransformerConfig(settings);
        var innerSize = settings.Size("intermediate_size");
        _clsToken = binder.Bind("embeddings.cls_token", 1, 1, _config.HiddenSize);
        _positions = new PositionTable(binder.Bind("embeddings.position_embeddings", 1, _config.PositionCount, _config.HiddenSize), antialias: false);
        _patches = PatchEmbedding(_config, binder);
        _layers = [.. Enumerable.Range(0, _config.LayerCount).Select(i => new VitLayer(_config, innerSize, binder.Scope($"encoder.layer.{i}")))];
        _finalNorm = binder.LayerNorm("layernorm", _config.HiddenSize, _config.Epsilon);
        (Weights, AdaptableLayers) = (binder.Bound.ToArray(), binder.AdaptableLayers.ToArray());
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Weight> Weights { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<AdaptableLayer> AdaptableLayers { get; }

    /// <inheritdoc/>
    public override long HiddenSize => _config.HiddenSize;

    /// <inheritdoc/>
    public override int? MaxTokens => null;

    /// <inheritdoc/>
    public override long? TokensPerRow(Batch batch) => PrefixTokens + _patches.CountIn(batch.Inputs);

    /// <inheritdoc/>
    public override Tensor Forward(Batch batch, ForwardMode mode)
    {
        using var scope = NewDisposeScope();
        var x = Embed(batch.Inputs, mode);
        mode.OnHiddenState?.Invoke(x);
        foreach (var layer in _layers)
        {
            var next = layer.Forward(x, mode);
            x.Dispose();
            x = next;
            mode.OnHiddenState?.Invoke(x);
        }
        return _finalNorm.Forward(x).MoveToOuterDisposeScope();
    }

    /// <summary>The convolution that makes tokens of patches; its kernel is fixed unless it is asked for by name.</summary>
    public static PatchEmbedding PatchEmbedding(VisionTransformerConfig config, WeightBinder binder) => new(binder.Conv2d(
        "embeddings.patch_embeddings.projection", config.ChannelCount, config.HiddenSize, config.PatchSize,
        new ConvolutionSteps(Stride: config.PatchSize), hasBias: true, isAdaptedByDefault: false));

    private Tensor Embed(Tensor pixels, ForwardMode mode)
    {
        using var scope = NewDisposeScope();
        var (tokens, rows, columns) = _patches.Forward(pixels, mode);
        var cls = _clsToken.Value.expand(tokens.shape[0], -1, -1);
        var x = cat([cls, tokens], 1).Plus(_positions.For(rows, columns));
        return mode.Dropout(x, _config.HiddenDropout).MoveToOuterDisposeScope();
    }
}
