using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Generation;

/// <summary>Picks each row's next token by the scores.</summary>
internal static class TokenChoice
{
    /// <summary>The best token of each row of scores [rows, vocabulary].</summary>
    public static int[] Best(Tensor scores)
    {
        using var scope = NewDisposeScope();
        return [.. scores.argmax(-1).cpu().data<long>().Select(id => (int)id)];
    }

    /// <summary>One token for each row of scores [rows, vocabulary], drawn from the row's own generator.</summary>
    public static int[] Draw(Tensor scores, SamplingOptions options, IReadOnlyList<Random> random)
    {
        using var scope = NewDisposeScope();
        var probabilities = Probabilities(scores, options).cpu().contiguous().data<double>().ToArray();
        var vocabulary = probabilities.Length / random.Count;
        return [.. random.Select((one, row) => Draw(probabilities.AsSpan(row * vocabulary, vocabulary), one.NextDouble()))];
    }

    /// <summary>What tokens are drawn from [rows, vocabulary] float64, each row with sum 1. A fresh tensor.</summary>
    public static Tensor Probabilities(Tensor scores, SamplingOptions options)
    {
        using var scope = NewDisposeScope();
        var kept = scores.to(float64).Over(options.Temperature);
        if (options.TopK is { } count && count < kept.shape[1])
        {
            var (largest, _) = kept.topk(count, -1);
            kept = kept.masked_fill(kept < largest.narrow(1, count - 1, 1), Scalars.Of(double.NegativeInfinity));
        }
        if (options.TopP < 1)
        {
            var (sorted, order) = kept.sort(-1, descending: false, stable: true);
            var isTail = sorted.softmax(-1).cumsum(-1) <= Scalars.Of(1 - options.TopP);
            isTail.narrow(1, isTail.shape[1] - 1, 1).fill_(Scalars.Of(false)); // the best one stays in any case
            kept = kept.masked_fill(isTail.scatter(1, order, isTail), Scalars.Of(double.NegativeInfinity));
        }
        return kept.softmax(-1).MoveToOuterDisposeScope();
    }

    /// <summary>A generator for one row, which no other row of the batch has a part in.</summary>
    public static Random RandomOf(SamplingOptions options, IReadOnlyList<int> prompt)
    {
        var hash = 2166136261; // FNV-1a over the prompt's ids
        foreach (var id in prompt)
            hash = unchecked((hash ^ (uint)id) * 16777619);
        return EpochOrder.CreateRandom(options.Seed, unchecked((int)hash));
    }

    // The first token at which the running sum exceeds the draw.
    private static int Draw(ReadOnlySpan<double> probabilities, double draw)
    {
        var (sum, last) = (0.0, 0);
        for (var i = 0; i < probabilities.Length; i++)
        {
            if (probabilities[i] <= 0)
                continue;
            sum += probabilities[i];
            last = i;
            if (draw < sum)
                return i;
        }
        return last; // rounding left the sum below 1
    }
}
