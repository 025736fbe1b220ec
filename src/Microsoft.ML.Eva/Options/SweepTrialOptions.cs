namespace Microsoft.ML.Eva;

/// <summary>What one trial of a sweep trains with; a <see cref="SweepDimension"/> changes it. It belongs to the trial alone.</summary>
public sealed class SweepTrialOptions
{
    private AdapterOptions _adapter;

    internal SweepTrialOptions(AdapterOptions adapter, TrainingOptions training) => (_adapter, Training) = (adapter, training);

    /// <summary>Gets or sets the method of adaptation.</summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public AdapterOptions Adapter
    {
        get => _adapter;
        set => _adapter = value ?? throw new ArgumentNullException(nameof(value));
    }

    /// <summary>Gets epochs, batch size, learning rate and what else rules the training loop.</summary>
    public TrainingOptions Training { get; }
}
