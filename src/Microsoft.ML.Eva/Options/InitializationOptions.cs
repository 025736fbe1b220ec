namespace Microsoft.ML.Eva;

/// <summary>Where a low-rank adapter starts from. The type is the choice: <see cref="EvaOptions"/>, <see cref="RandomOptions"/>, <see cref="PissaOptions"/> or <see cref="OloraOptions"/>.</summary>
public abstract class InitializationOptions
{
    private protected InitializationOptions()
    {
    }

    internal abstract void Validate(OptionsValidator validator);

    internal virtual InitializationOptions Clone() => (InitializationOptions)MemberwiseClone();
}
