namespace Microsoft.ML.Eva;

/// <summary>
/// No adapter: the network's own weights are trained, all of them, or those of the layers that
/// <see cref="AdapterOptions.TargetLayers"/> names. Needs the most memory and a lower learning rate than adapters do.
/// </summary>
public sealed class FullFineTuningOptions : AdapterOptions
{
    internal override void Validate(OptionsValidator validator)
    {
        base.Validate(validator);
        if (TargetLayers is null && ExcludedLayers is null)
        {
            const string reason = "left alone with FullFineTuningOptions, which trains everything anyway unless TargetLayers or ExcludedLayers say otherwise";
            validator.Require(Biases == BiasTraining.None, nameof(Biases), Biases, reason);
            validator.Require(TrainedModules is null, nameof(TrainedModules), TrainedModules is null ? null : string.Join(", ", TrainedModules), reason);
        }
    }
}
