using System.Diagnostics;

namespace Microsoft.ML.Eva.Benchmarks;

/// <summary>What every suite gets.</summary>
/// <param name="Texts">The texts to run on.</param>
/// <param name="Repeats">How often each thing is timed; medians are reported.</param>
internal sealed record SuiteSettings(IReadOnlyList<string> Texts, int Repeats)
{
    /// <summary>What belongs to each text: the file's second column.</summary>
    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>How many rows to train on, where a suite trains.</summary>
    public required int Rows { get; init; }

    /// <summary>The median seconds of each action. They take turns, so that a change of the machine's load meets all of them.</summary>
    public double[] Medians(params Action[] actions)
    {
        foreach (var action in actions)
            action(); // the first time pays for compilation and allocation
        var seconds = actions.Select(_ => new List<double>()).ToArray();
        for (var repeat = 0; repeat < Repeats; repeat++)
            for (var i = 0; i < actions.Length; i++)
            {
                var clock = Stopwatch.StartNew();
                actions[i]();
                seconds[i].Add(clock.Elapsed.TotalSeconds);
            }
        return [.. seconds.Select(times => times.Order().ElementAt(times.Count / 2))];
    }
}
