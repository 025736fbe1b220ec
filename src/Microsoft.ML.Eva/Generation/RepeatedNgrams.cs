using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Generation;

/// <summary>Keeps token sequences of one length from coming twice.</summary>
internal static class RepeatedNgrams
{
    /// <summary>The tokens that would end a sequence of <paramref name="size"/> tokens that <paramref name="tokens"/> holds already.</summary>
    public static IEnumerable<int> Completions(IReadOnlyList<int> tokens, int size)
    {
        var start = tokens.Count - (size - 1); // of the beginning that the next token would complete
        for (var i = 0; start >= 0 && i + size <= tokens.Count; i++)
            if (Agree(tokens, i, start, size - 1))
                yield return tokens[i + size - 1];
    }

    /// <summary>Makes such tokens impossible: sets their scores [rows, vocabulary] to −∞.</summary>
    public static void Hide(Tensor scores, IReadOnlyList<IReadOnlyList<int>> rows, int size)
    {
        var (places, tokens) = (new List<long>(), new List<long>());
        for (var row = 0; row < rows.Count; row++)
            foreach (var token in Completions(rows[row], size))
            {
                places.Add(row);
                tokens.Add(token);
            }
        if (places.Count == 0)
            return;
        using var scope = NewDisposeScope();
        scores.index_put_(tensor(float.NegativeInfinity, device: scores.device), tensor(places.ToArray(), device: scores.device), tensor(tokens.ToArray(), device: scores.device));
    }

    private static bool Agree(IReadOnlyList<int> tokens, int first, int second, int length)
    {
        for (var i = 0; i < length; i++)
            if (tokens[first + i] != tokens[second + i])
                return false;
        return true;
    }
}
