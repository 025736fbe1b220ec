using System.Diagnostics;

namespace Microsoft.ML.Eva.Benchmarks;

/// <summary>What every suite gets.</summary>
/// <param name="Texts">The texts to run on.</param>
/// <param name="Repeats">How often each thing is timed; medians are reported.</param>
/// <param name="UsesProcessorTime">Whether processor seconds of this process are counted instead of seconds on the wall: the fairer measure of one thread on a machine that others use, too.</param>
internal sealed record SuiteSettings(IReadOnlyList<string> Texts, int Repeats, bool UsesProcessorTime)
{
    /// <summary>Ranks that eva-init goes through.</summary>
    public IReadOnlyList<int> Ranks { get; init; } = [4, 8, 16, 32];

    /// <summary>Values of rho that eva-init goes through.</summary>
    public IReadOnlyList<double> Rhos { get; init; } = [1, 2];

    /// <summary>Batch sizes that eva-init goes through.</summary>
    public IReadOnlyList<int> BatchSizes { get; init; } = [32, 4];

    /// <summary>Whether eva-init compares with the components of all rows, which takes a pass over them.</summary>
    public bool ComparesWithAllRows { get; init; }

    /// <summary>In which numbers epoch, eva-init and width multiply; other suites measure both side by side.</summary>
    public ComputePrecision Precision { get; init; }

    /// <summary>The most tokens of a row.</summary>
    public int MaxTokens { get; init; } = 128;

    /// <summary>About how many of the texts infer also scores one at a time.</summary>
    public int SingleRows { get; init; } = 100;

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
