namespace Microsoft.ML.Eva;

/// <summary>Which combinations a sweep tries. The type is the choice: <see cref="RandomSearchOptions"/> or <see cref="GridSearchOptions"/>.</summary>
public abstract class SweepSearchOptions
{
    private protected SweepSearchOptions()
    {
    }

    internal abstract void Validate(OptionsValidator validator);

    internal SweepSearchOptions Clone() => (SweepSearchOptions)MemberwiseClone();
}
