using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Eva;

/// <summary>Which tokens of a batch the analysis looks at, and the rows of a layer's input that belong to them.</summary>
internal sealed class TokenSelection : IDisposable
{
    private const int UnlabeledToken = -100;
    private readonly long[]? _shape;
    private readonly Tensor? _kept;

    /// <summary>Keeps the tokens where <paramref name="mask"/> [batch, tokens] is not 0; null keeps every row of every input.</summary>
    public TokenSelection(Tensor? mask)
    {
        if (mask is null)
            return;
        using var scope = NewDisposeScope();
        _shape = mask.shape;
        _kept = (mask != Scalars.Of(0)).flatten().nonzero().squeeze(1).DetachFromDisposeScope();
    }

    /// <summary>The tokens that are neither padding nor excluded by <paramref name="options"/> [batch, tokens], or null where nothing is masked. A fresh tensor.</summary>
    public static Tensor? Mask(Batch batch, EvaOptions options)
    {
        using var scope = NewDisposeScope();
        var mask = batch.Mask is null ? null : batch.Mask != Scalars.Of(0);
        if (options.ExcludesUnlabeledTokens && batch.Labels is { } labels && labels.shape.AsSpan().SequenceEqual(batch.Inputs.shape))
            mask = And(mask, labels != Scalars.Of(UnlabeledToken));
        if (options.ExcludedTokens is { Count: > 0 } ids && batch.Inputs.dim() == 2)
            foreach (var id in ids)
                mask = And(mask, batch.Inputs != Scalars.Of(id));
        return mask?.MoveToOuterDisposeScope();

        static Tensor And(Tensor? a, Tensor b) => a is null ? b : a.logical_and(b);
    }

    /// <summary>
    /// The rows [n, features] of a layer's input that belong to kept tokens, in float32 or float64: of an input per token those
    /// tokens, of an input per row of the batch all. Null for an input that belongs to neither, such as a table of positions.
    /// </summary>
    public Tensor? Rows(Tensor x)
    {
        using var scope = NewDisposeScope();
        if (_shape is null || _kept is null)
            return Flat(x).MoveToOuterDisposeScope();
        if (x.dim() >= 3 && x.shape[0] == _shape[0] && x.shape[1] == _shape[1])
            return (_kept.shape[0] == _shape[0] * _shape[1] ? Flat(x) : Flat(x).index_select(0, _kept)).MoveToOuterDisposeScope();
        return x.dim() == 2 && x.shape[0] == _shape[0] ? Flat(x).MoveToOuterDisposeScope() : null;
    }

    /// <inheritdoc/>
    public void Dispose() => _kept?.Dispose();

    private static Tensor Flat(Tensor x)
    {
        var rows = x.detach().reshape(-1, x.shape[^1]);
        return rows.dtype is ScalarType.Float32 or ScalarType.Float64 ? rows : rows.to(float32);
    }
}
