namespace Microsoft.ML.Eva.Sweeps;

/// <summary>One step of successive halving.</summary>
/// <param name="Trials">How many trials take part.</param>
/// <param name="Part">The part of its whole training that each has had at its end, 0 to 1.</param>
internal sealed record Rung(int Trials, double Part);

/// <summary>How many trials train for how long: the last rung is whole trainings, each one before it a factor shorter, with a factor more trials.</summary>
internal static class HalvingSchedule
{
    /// <summary>The rungs, shortest first.</summary>
    /// <param name="trials">The number of trials.</param>
    /// <param name="factor">The factor; 1: one rung of whole trainings.</param>
    /// <param name="earliestStop">The least part of a training that the first rung may be.</param>
    public static IReadOnlyList<Rung> Create(int trials, int factor, double earliestStop)
    {
        List<int> counts = [trials];
        // rounding aside, the first rung is factor^-(rungs - 1) of a training
        while (factor > 1 && counts[^1] > 1 && Math.Pow(factor, -counts.Count) >= earliestStop * (1 - 1e-9))
            counts.Add(Math.Max(1, counts[^1] / factor));
        return [.. counts.Select((count, place) => new Rung(count, Math.Pow(factor, place - (counts.Count - 1))))];
    }

    /// <summary>The steps at which a trial of that many stops on a rung.</summary>
    public static int StopAfter(Rung rung, int totalSteps) => Math.Max(1, (int)Math.Ceiling(rung.Part * totalSteps - 1e-9));
}
