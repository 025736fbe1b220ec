namespace Microsoft.ML.Eva;

/// <summary>The number format that a saved model's weights have in the file. In memory they are always 32 bits wide.</summary>
public enum WeightFormat
{
    /// <summary>32 bits: the loaded model gives the same scores to the last bit.</summary>
    Float32,

    /// <summary>IEEE half precision: half the size, 11 bits of precision. A tensor with values beyond 65,504 is kept in 32 bits.</summary>
    Float16,

    /// <summary>The upper half of 32 bits: half the size, 8 bits of precision, the full range.</summary>
    BFloat16,
}
