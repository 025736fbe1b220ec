using System.Diagnostics;

namespace Microsoft.ML.Eva.Benchmarks;

/// <summary>What every suite gets.</summary>
/// <param name="Texts">The texts to run on.</param>
/// <param name="Repeats">How often each thing is timed; medians are reported.</param>
/// <param name="UsesProcessorTime">Whether processor seconds of this process are counted instead of seconds on the wall: the fairer measure of one thread on a machine that others use, too.</param>
internal sealed record SuiteSettings(IReadOnlyList<string> Texts, int Repeats, bool UsesProcessorTime)
{
    /// <summary>The median seconds of each action. They take turns, so that a change of the machine's load meets all of them.</summary>
    public double[] Medians(params Action[] actions)
    {
        foreach (var action in actions)
            action(); // the first time pays for compilation and allocation
        var seconds = actions.Select(_ => new List<double>()).ToArray();
        for (var repeat = 0; repeat < Repeats; repeat++)
            for (var i = 0; i < actions.Length; i++)
                seconds[i].Add(Seconds(actions[i]));
        return [.. seconds.Select(Median)];
    }

    /// <summary>The seconds that an action takes, once.</summary>
    public double Seconds(Action action)
    {
        var start = Now();
        action();
        return Now() - start;
    }

    /// <summary>The seconds now, of which differences mean something.</summary>
    public double Now() => UsesProcessorTime ? Environment.CpuUsage.TotalTime.TotalSeconds : Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;

    /// <summary>The middle one of the values.</summary>
    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }
}
