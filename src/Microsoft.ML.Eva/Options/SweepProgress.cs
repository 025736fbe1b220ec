namespace Microsoft.ML.Eva;

/// <summary>Where a sweep stands.</summary>
/// <param name="Rung">The rung under way, counted from 1: on each, the trials that are left train for longer than on the one before.</param>
/// <param name="Rungs">The number of rungs.</param>
/// <param name="Done">How many trials of this rung are done.</param>
/// <param name="Trials">How many trials this rung has.</param>
/// <param name="Last">The trial that was just done.</param>
/// <param name="Best">The best trial of this rung so far; <see langword="null"/> while all have failed.</param>
public sealed record SweepProgress(int Rung, int Rungs, int Done, int Trials, SweepTrial Last, SweepTrial? Best);
