namespace Microsoft.ML.Eva;

/// <summary>
/// No adapter: the network stays as it is and only the new head on its features is trained (a linear probe). The cheapest method,
/// and the baseline that adapting has to beat; ML.NET's own ImageClassification does this.
/// </summary>
public sealed class HeadOnlyOptions : AdapterOptions
{
    internal override void Validate(OptionsValidator validator)
    {
        base.Validate(validator);
        const string reason = "left alone with HeadOnlyOptions, which trains nothing but the head";
        validator.Require(TargetLayers is null, nameof(TargetLayers), Joined(TargetLayers), reason);
        validator.Require(ExcludedLayers is null, nameof(ExcludedLayers), Joined(ExcludedLayers), reason);
        validator.Require(TrainedModules is null, nameof(TrainedModules), Joined(TrainedModules), reason);
        validator.Require(Biases == BiasTraining.None, nameof(Biases), Biases, reason);
    }

    private static string? Joined(IReadOnlyList<string>? names) => names is null ? null : string.Join(", ", names);
}
