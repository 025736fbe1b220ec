using System.Diagnostics;

namespace Microsoft.ML.Eva.Training;

/// <summary>The factor on the peak learning rate, step by step: up in a straight line from 0, then down as <paramref name="Decay"/> says.</summary>
internal sealed record LearningRateSchedule(LearningRateDecay Decay, int Steps, int WarmupSteps)
{
    /// <summary>The factor of the optimiser's step number <paramref name="step"/>, counted from 0.</summary>
    public double Factor(int step)
    {
        if (step < WarmupSteps)
            return (double)step / WarmupSteps;
        var remaining = Steps > WarmupSteps ? Math.Max(0, (double)(Steps - step) / (Steps - WarmupSteps)) : 0;
        return Decay switch
        {
            LearningRateDecay.Constant => 1,
            LearningRateDecay.Linear => remaining,
            LearningRateDecay.Cosine => (1 - Math.Cos(Math.PI * remaining)) / 2,
            _ => throw new UnreachableException(),
        };
    }
}
