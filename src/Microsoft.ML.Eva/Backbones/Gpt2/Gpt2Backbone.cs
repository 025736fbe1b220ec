using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Gpt2;

/// <summary>GPT-2 (Radford et al., 2019): a decoder with learned absolute positions; its matrices are kept as [in, out].</summary>
internal sealed class Gpt2Backbone : Backbone
{
    private readonly Gpt2Config _config;
    private readonly Embedding _words;
    private readonly Embedding _positions;
    private readonly Gpt2Layer[] _layers;
    private readonly LayerNorm _finalNorm;

    /// <summary>Binds the weights; faults show when the binder is asked for them.</summary>
    public Gpt2Backbone(Gpt2Config config, WeightBinder binder)
    {
        _config = config;
        WordTable = binder.Bind("wte.weight", config.VocabularySize, config.HiddenSize);
        _words = new Embedding(WordTable);
        _positions = binder.Embedding("wpe", config.MaxTokens, config.HiddenSize);
        _layers = [.. Enumerable.Range(0, config.LayerCount).Select(i => new Gpt2Layer(binder.Scope($"h.{i}"), config))];
        _finalNorm = binder.LayerNorm("ln_f", config.HiddenSize, config.NormEpsilon);
        Weights = [.. binder.Bound];
        AdaptableLayers = [.. binder.AdaptableLayers];
    }

    /// <summary>The table of words [vocabulary, hidden], which is the language model's last layer, too.</summary>
    public Weight WordTable { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<Weight> Weights { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<AdaptableLayer> AdaptableLayers { get; }

    /// <inheritdoc/>
    public override long HiddenSize => _config.HiddenSize;

    /// <inheritdoc/>
    public override int? MaxTokens => _config.MaxTokens;

    /// <summary>Positions that do not count padding on the left, for generation: [batch, tokens] mask → the same shape. A fresh tensor.</summary>
    public static Tensor PositionsOf(Tensor mask)
    {
        using var scope = NewDisposeScope();
        return mask.cumsum(1).Minus(1).clamp_min(Scalars.Of(0)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor Forward(Batch batch, ForwardMode mode) => Forward(batch, null, mode);

    /// <summary>The last hidden state with positions [batch, tokens] of the caller's; null: counted from the row's start, padding included. A fresh tensor.</summary>
    public Tensor Forward(Batch batch, Tensor? positions, ForwardMode mode) => Forward(batch, positions, mode, null);

    /// <summary>
    /// The last hidden state of the batch's tokens, which come after those that <paramref name="cache"/> holds and join them there;
    /// the batch's mask, if it has one, is [batch, tokens of both]. A fresh tensor.
    /// </summary>
    public Tensor Forward(Batch batch, Tensor? positions, ForwardMode mode, KeyValueCache? cache)
    {
        var before = cache?.Length ?? 0;
        CheckTokens(batch, before);
        using var scope = NewDisposeScope();
        var bias = Bias(batch, before);
        var places = positions is null ? _positions.Range(before, batch.Inputs.shape[1]) : _positions.Forward(positions);
        var hidden = mode.Dropout(_words.Forward(batch.Inputs).Plus(places), _config.EmbeddingDropout); // [batch, tokens, hidden]
        for (var i = 0; i < _layers.Length; i++)
        {
            mode.OnHiddenState?.Invoke(hidden);
            using var input = hidden;
            hidden = _layers[i].Forward(input, bias, mode, cache?.Layers[i]);
        }
        var last = _finalNorm.Forward(hidden);
        mode.OnHiddenState?.Invoke(last); // as in the reference, the last layer's own output is shown nowhere
        return last.MoveToOuterDisposeScope();
    }

    /// <summary>An empty cache for this network, which grows to at most <see cref="MaxTokens"/>.</summary>
    public KeyValueCache CreateCache() => new(_layers.Length, _config.MaxTokens);

    // Null where the kernel's own rule does: nothing is padding, and there is one token or nothing before the first.
    private static Tensor? Bias(Batch batch, long before)
    {
        using var scope = NewDisposeScope();
        var tokens = batch.Inputs.shape[1];
        var padding = AttentionMask.OfPadding(batch);
        if (tokens == 1 || (padding is null && before == 0))
            return padding?.MoveToOuterDisposeScope();
        var future = AttentionMask.OfFuture(tokens, before, batch.Inputs);
        return (padding is null ? future : minimum(future, padding)).MoveToOuterDisposeScope();
    }
}
