namespace Microsoft.ML.Eva;

/// <summary>One value of one dimension.</summary>
/// <param name="Dimension">The dimension's name.</param>
/// <param name="Text">The value, as tables and journals show it.</param>
/// <param name="Apply">Puts it into a trial's options.</param>
internal sealed record SweepValue(string Dimension, string Text, Action<SweepTrialOptions> Apply);
