namespace Microsoft.ML.Eva;

/// <summary>
/// OLoRA: A and B start as the first rows of R and columns of Q of the weight's QR decomposition, and the frozen weight is what
/// remains (arXiv 2406.01775). B's columns are orthonormal at the start.
/// </summary>
public sealed class OloraOptions : InitializationOptions
{
    internal override void Validate(OptionsValidator validator)
    {
    }
}
