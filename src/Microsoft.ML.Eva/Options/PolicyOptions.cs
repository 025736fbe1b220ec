namespace Microsoft.ML.Eva;

/// <summary>What every training of a policy can be told, from scratch or from a checkpoint. Every property has a default that works.</summary>
/// <remarks><see cref="DecisionTransformerOptions"/> trains a new network, <see cref="EvaLoraPolicyOptions"/> adapts a pretrained one.</remarks>
public abstract class PolicyOptions
{
    private protected PolicyOptions()
    {
    }

    /// <summary>Gets or sets the column that tells episodes apart: text, a key or a whole number. The rows of an episode stand together, in the order of time.</summary>
    /// <value>Default: <c>Episode</c>.</value>
    public string EpisodeColumnName { get; set; } = "Episode";

    /// <summary>Gets or sets the column of what each step earned: Single or Double. Not read where <see cref="ReturnToGoColumnName"/> is set.</summary>
    /// <value>Default: <c>Reward</c>.</value>
    public string RewardColumnName { get; set; } = "Reward";

    /// <summary>Gets or sets the column of what each step and those after it will earn, for data that has it ready.</summary>
    /// <value>Default: <see langword="null"/>: it is summed up from <see cref="RewardColumnName"/>, without discount.</value>
    public string? ReturnToGoColumnName { get; set; }

    /// <summary>Gets or sets the column of states: a vector of Single of known size.</summary>
    /// <value>Default: <c>State</c>.</value>
    public string StateColumnName { get; set; } = "State";

    /// <summary>Gets or sets the column of actions: a vector of Single of known size, each number between −1 and 1 where the network bounds its actions.</summary>
    /// <value>Default: <c>Action</c>.</value>
    public string ActionColumnName { get; set; } = "Action";

    /// <summary>Gets or sets the column of time steps: Int32 or Int64, not negative, rising within an episode.</summary>
    /// <value>Default: <see langword="null"/>: they count from 0 in each episode.</value>
    public string? TimeColumnName { get; set; }

    /// <summary>Gets or sets the column of actions that the fitted model adds when it transforms recorded episodes.</summary>
    /// <value>Default: <c>PredictedAction</c>.</value>
    public string PredictionColumnName { get; set; } = "PredictedAction";

    /// <summary>Gets or sets the most steps that the network looks at, the present one included. Shorter episodes cost nothing: windows are padded to the longest of their batch only.</summary>
    /// <value>1 to 4,096. Default: <see langword="null"/>: what the checkpoint was trained with, else 20.</value>
    public int? ContextSteps { get; set; }

    /// <summary>Gets or sets what returns-to-go are divided by before the network sees them.</summary>
    /// <value>Finite and greater than 0. Default: <see langword="null"/>: what the checkpoint was trained with, else the largest absolute return-to-go of the training rows.</value>
    public double? ReturnScale { get; set; }

    /// <summary>Gets or sets the number of windows that one epoch draws from the training rows, each step being as likely as any other to begin one.</summary>
    /// <value>At least 1. Default: <see langword="null"/>: as many as would cover the rows once, but no fewer than there are episodes.</value>
    public int? WindowsPerEpoch { get; set; }

    /// <summary>Gets or sets the number format of the weights when the model is saved; it can be changed later with <see cref="PolicyTransformer.SavedWeights"/>.</summary>
    /// <value>Default: <see cref="WeightFormat.Float32"/>.</value>
    public WeightFormat SavedWeights { get; set; }

    /// <summary>Gets or sets epochs, batch size, learning rate and what else rules the training loop. A row here is a window of steps; <see cref="TrainingOptions.ValidationFraction"/> keeps whole episodes apart.</summary>
    /// <value>Default: see the options' constructors.</value>
    public TrainingOptions Training { get; set; } = new();

    /// <summary>Gets or sets episodes to validate on after every epoch; the weights of the epoch with the smallest action error are kept.</summary>
    /// <value>Default: <see langword="null"/>, none. See also <see cref="TrainingOptions.ValidationFraction"/>.</value>
    public IDataView? ValidationSet { get; set; }

    /// <summary>How the network's weights are changed.</summary>
    internal abstract AdapterOptions Method { get; }

    /// <summary>Notes every fault of the options.</summary>
    private protected virtual void Validate(OptionsValidator validator)
    {
        var inputs = new (string Option, string? Name)[]
        {
            (nameof(EpisodeColumnName), EpisodeColumnName),
            (nameof(RewardColumnName), ReturnToGoColumnName is null ? RewardColumnName : "unused"),
            (nameof(ReturnToGoColumnName), ReturnToGoColumnName ?? "unused"),
            (nameof(StateColumnName), StateColumnName),
            (nameof(ActionColumnName), ActionColumnName),
            (nameof(TimeColumnName), TimeColumnName ?? "unused"),
            (nameof(PredictionColumnName), PredictionColumnName),
        };
        foreach (var (option, name) in inputs)
            validator.Require(!string.IsNullOrEmpty(name), option, "empty", "a column's name");
        validator.Require(StateColumnName != ActionColumnName, nameof(ActionColumnName), $"'{ActionColumnName}'", $"another name than {nameof(StateColumnName)}");
        validator.Require(ContextSteps is null or (>= 1 and <= 4096), nameof(ContextSteps), ContextSteps, "null, or from 1 to 4096");
        validator.Require(ReturnScale is null || (ReturnScale > 0 && double.IsFinite(ReturnScale.Value)), nameof(ReturnScale), ReturnScale, "null, or finite and greater than 0");
        validator.Require(WindowsPerEpoch is null or >= 1, nameof(WindowsPerEpoch), WindowsPerEpoch, "null, or at least 1");
        validator.Require(Enum.IsDefined(SavedWeights), nameof(SavedWeights), SavedWeights, $"one of {string.Join(", ", Enum.GetNames<WeightFormat>())}");
        validator.NotNull(Training, nameof(Training))?.Validate(validator);
    }

    /// <summary>Checks every option and returns a copy that later changes do not reach.</summary>
    /// <exception cref="ArgumentException">With every fault.</exception>
    internal PolicyOptions Snapshot(string parameterName)
    {
        var validator = new OptionsValidator();
        Validate(validator);
        validator.ThrowIfFaulty(parameterName);
        var copy = (PolicyOptions)MemberwiseClone();
        copy.Training = Training.Clone();
        copy.Detach();
        return copy;
    }

    /// <summary>Replaces what this copy still shares with the original.</summary>
    private protected virtual void Detach()
    {
    }
}
