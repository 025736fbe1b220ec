namespace DecisionMaking;

/// <summary>How one policy did on one task.</summary>
/// <param name="Method">The method, or zero-shot.</param>
/// <param name="Task">The task's name.</param>
/// <param name="Seed">The seed.</param>
/// <param name="SuccessRate">Part of the test episodes that were solved.</param>
/// <param name="MeanReturn">The mean part of the stops that were made.</param>
/// <param name="TrainedParameters">Parameters trained.</param>
/// <param name="Seconds">Seconds of EVA and training.</param>
/// <param name="ActionErrors">The action error on the expert's validation episodes after every epoch.</param>
internal sealed record RunResult(string Method, string Task, int Seed, double SuccessRate, double MeanReturn, long TrainedParameters, double Seconds, IReadOnlyList<double> ActionErrors);
