using Microsoft.ML.Eva.Data.Tokenization;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Data;

/// <summary>Makes batches of encoded texts, padded to the longest of them.</summary>
internal static class TextBatch
{
    /// <summary>The rows as [rows, longest] tensors on the device, without labels.</summary>
    public static Batch Create(IReadOnlyList<EncodedText> rows, int padId, bool hasTokenTypes, Device device)
    {
        var longest = Math.Max(1, rows.Max(row => row.Ids.Length));
        var ids = new long[rows.Count * longest];
        var mask = new long[ids.Length];
        var types = hasTokenTypes ? new long[ids.Length] : null;
        for (var r = 0; r < rows.Count; r++)
        {
            var (tokens, secondStart) = rows[r];
            var start = r * longest;
            for (var t = 0; t < tokens.Length; t++)
                ids[start + t] = tokens[t];
            ids.AsSpan(start + tokens.Length, longest - tokens.Length).Fill(padId);
            mask.AsSpan(start, tokens.Length).Fill(1);
            types?.AsSpan(start + secondStart, tokens.Length - secondStart).Fill(1);
        }
        return new Batch
        {
            Inputs = tensor(ids, [rows.Count, longest], int64, device).DetachFromDisposeScope(),
            Mask = tensor(mask, [rows.Count, longest], int64, device).DetachFromDisposeScope(),
            TokenTypes = types is null ? null : tensor(types, [rows.Count, longest], int64, device).DetachFromDisposeScope(),
        };
    }
}
