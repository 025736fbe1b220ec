using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Deberta;

/// <summary>What all layers of one pass share: the padding mask and the view of distances.</summary>
/// <param name="Mask">Added to the scores; null: no padding.</param>
/// <param name="Table">The distances' vectors [1, 2·span, hidden]; null without relative attention.</param>
/// <param name="Rows">Which of them belongs to a query and a key [tokens, tokens].</param>
/// <param name="MirroredRows">Which of them belongs to a key and a query [tokens, tokens].</param>
internal sealed record AttentionSurroundings(Tensor? Mask, Tensor? Table, Tensor? Rows, Tensor? MirroredRows);

/// <summary>
/// Attention over contents and distances apart (arXiv 2006.03654): (q·kᵀ + q·k_distᵀ + k·q_distᵀ)/√(3·headSize). In v3 the
/// distances' vectors go through the layer's own query and key projections, adapters included.
/// </summary>
internal sealed class DisentangledAttention
{
    private readonly DebertaConfig _config;
    private readonly AdaptableLinear _query;
    private readonly AdaptableLinear _key;
    private readonly AdaptableLinear _value;
    private readonly AdaptableLinear? _distanceKey;
    private readonly AdaptableLinear? _distanceQuery;

    /// <summary>Binds query_proj, key_proj, value_proj and, in v2, pos_key_proj and pos_query_proj.</summary>
    public DisentangledAttention(WeightBinder binder, DebertaConfig config)
    {
        _config = config;
        _query = Projection("query_proj");
        _key = Projection("key_proj");
        _value = Projection("value_proj");
        if (config.Relative is not { } relative)
            return;
        _distanceKey = !relative.ContentToPosition ? null : relative.SharesProjections ? _key : Projection("pos_key_proj");
        _distanceQuery = !relative.PositionToContent ? null : relative.SharesProjections ? _query : Projection("pos_query_proj");

        AdaptableLinear Projection(string name) => binder.Linear(name, config.HiddenSize, config.HiddenSize);
    }

    /// <summary>[batch, tokens, hidden] → the heads' results side by side, of the same shape. A fresh tensor.</summary>
    public Tensor Forward(Tensor x, AttentionSurroundings surroundings, ForwardMode mode)
    {
        using var scope = NewDisposeScope();
        // All three get the same tensor object: EVA knows shared inputs by it.
        var q = Attention.SplitHeads(_query.Forward(x, mode), _config.HeadCount); // [batch, heads, tokens, headSize]
        var k = Attention.SplitHeads(_key.Forward(x, mode), _config.HeadCount);
        var v = Attention.SplitHeads(_value.Forward(x, mode), _config.HeadCount);
        var terms = 1 + (_distanceKey is null ? 0 : 1) + (_distanceQuery is null ? 0 : 1);
        // Attend divides by √headSize; the rest of the divisor is put on both factors that meet others.
        q = q.Over(Math.Sqrt(terms));
        var bias = surroundings.Mask;
        if (_distanceKey is not null)
        {
            var keys = Distances(_distanceKey, surroundings.Table!, mode); // [1, heads, 2·span, headSize]
            bias = Add(bias, Scores(q, keys, surroundings.Rows!));
        }
        if (_distanceQuery is not null)
        {
            var queries = Distances(_distanceQuery, surroundings.Table!, mode).Over(Math.Sqrt(terms));
            bias = Add(bias, Scores(k, queries, surroundings.MirroredRows!).transpose(-1, -2));
        }
        return Attention.JoinHeads(Attention.Attend(q, k, v, bias, _config.AttentionDropout, mode)).MoveToOuterDisposeScope();
    }

    // Through ForwardTable, so that EVA does not take distances for activations.
    private Tensor Distances(AdaptableLinear projection, Tensor table, ForwardMode mode) =>
        Attention.SplitHeads(projection.ForwardTable(table, mode), _config.HeadCount);

    // Every token's score with every distance, then of each pair of tokens that of its distance: [batch, heads, tokens, tokens].
    private static Tensor Scores(Tensor tokens, Tensor distances, Tensor rows)
    {
        using var scope = NewDisposeScope();
        var all = tokens.div(Scalars.Of(Math.Sqrt(tokens.shape[^1]))).matmul(distances.transpose(-1, -2)); // [batch, heads, tokens, 2·span]
        return all.gather(-1, rows.expand(all.shape[0], all.shape[1], -1, -1)).MoveToOuterDisposeScope();
    }

    private static Tensor Add(Tensor? bias, Tensor scores) => bias is null ? scores : scores.Plus(bias);
}
