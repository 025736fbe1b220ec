namespace Microsoft.ML.Eva;

/// <summary>Plain LoRA's start: A uniform in ±1/√in, B = 0.</summary>
public sealed class RandomOptions : InitializationOptions
{
    internal override void Validate(OptionsValidator validator)
    {
    }
}
