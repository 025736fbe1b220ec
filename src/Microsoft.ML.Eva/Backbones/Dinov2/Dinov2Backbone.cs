using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Backbones.Vit;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Dinov2;

/// <summary>
/// DINOv2 (arXiv 2304.07193), with or without register tokens (arXiv 2309.16588), under the names of Hugging Face's
/// Dinov2Model and Dinov2WithRegistersModel: a vision transformer whose residual branches have a learned scale.
/// </summary>
internal sealed class Dinov2Backbone : Backbone
{
    private readonly VisionTransformerConfig _config;
    private readonly PatchEmbedding _patches;
    private readonly Weight _clsToken;
    private readonly Weight? _registers;
    private readonly PositionTable _positions;
    private readonly Dinov2Layer[] _layers;
    private readonly LayerNorm _finalNorm;

    /// <summary>Binds every parameter; the caller ends with <see cref="WeightBinder.ThrowIfFaulty"/>.</summary>
    public Dinov2Backbone(ConfigReader settings, bool hasRegisters, WeightBinder binder)
    {
        _config = new VisionTransformerConfig(settings);
        PrefixTokens = PrefixTokensOf(settings, hasRegisters);
        _clsToken = binder.Bind("embeddings.cls_token", 1, 1, HiddenSize);
        _registers = hasRegisters ? binder.Bind("embeddings.register_tokens", 1, PrefixTokens - 1, HiddenSize) : null;
        // The reference of the model with registers resizes its positions with antialiasing, the other without.
        _positions = new PositionTable(binder.Bind("embeddings.position_embeddings", 1, _config.PositionCount, HiddenSize), antialias: hasRegisters);
        _patches = VitBackbone.PatchEmbedding(_config, binder);
        _layers = [.. Enumerable.Range(0, _config.LayerCount).Select(i => new Dinov2Layer(_config, settings, binder.Scope($"encoder.layer.{i}")))];
        _finalNorm = binder.LayerNorm("layernorm", HiddenSize, _config.Epsilon);
        (Weights, AdaptableLayers) = (binder.Bound.ToArray(), binder.AdaptableLayers.ToArray());
    }

    /// <summary>What <see cref="PrefixTokens"/> is for that config.json.</summary>
    public static int PrefixTokensOf(ConfigReader settings, bool hasRegisters) => hasRegisters ? 1 + settings.Size("num_register_tokens", 4) : 1;

    /// <summary>Tokens before the patches: CLS and the registers.</summary>
    public int PrefixTokens { get; }

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

    private Tensor Embed(Tensor pixels, ForwardMode mode)
    {
        using var scope = NewDisposeScope();
        var (tokens, rows, columns) = _patches.Forward(pixels, mode);
        var batchSize = tokens.shape[0];
        var x = cat([_clsToken.Value.expand(batchSize, -1, -1), tokens], 1).Plus(_positions.For(rows, columns));
        if (_registers is not null) // after CLS, without positions
            x = cat([x.narrow(1, 0, 1), _registers.Value.expand(batchSize, -1, -1), x.narrow(1, 1, tokens.shape[1])], 1);
        return mode.Dropout(x, _config.HiddenDropout).MoveToOuterDisposeScope();
    }
}
