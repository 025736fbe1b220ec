namespace Microsoft.ML.Eva;

/// <summary>How training pictures are varied, so that the network sees each one differently in every epoch. Scoring is never varied.</summary>
/// <remarks>The variation of a picture depends on the seed, its row and the epoch alone, not on threads.</remarks>
public sealed class ImageAugmentationOptions
{
    /// <summary>Gets or sets the smallest share of a picture's area that a random crop shows. 1 switches cropping off.</summary>
    /// <value>Range: above 0, at most 1. Default: 0.35.</value>
    public double SmallestCropArea { get; set; } = 0.35;

    /// <summary>Gets or sets how much wider or narrower than the picture fits a random crop may be: its sides' ratio lies between 1/x and x.</summary>
    /// <value>Range: from 1 to 4. Default: 4/3.</value>
    public double LargestCropStretch { get; set; } = 4.0 / 3;

    /// <summary>Gets or sets whether every other picture is mirrored left to right. Switch it off for writing and other one-sided things.</summary>
    /// <value>Default: <see langword="true"/>.</value>
    public bool FlipsHorizontally { get; set; } = true;

    /// <summary>Gets or sets by how much brightness, contrast and saturation vary: each is multiplied by a number from 1−x to 1+x.</summary>
    /// <value>Range: from 0 (off) to below 1. Default: 0.</value>
    public double ColorJitter { get; set; }

    internal void Validate(OptionsValidator validator)
    {
        validator.Require(SmallestCropArea is > 0 and <= 1, nameof(SmallestCropArea), SmallestCropArea, "above 0 and at most 1");
        validator.Require(LargestCropStretch is >= 1 and <= 4, nameof(LargestCropStretch), LargestCropStretch, "from 1 to 4");
        validator.Require(ColorJitter is >= 0 and < 1, nameof(ColorJitter), ColorJitter, "from 0 to below 1");
    }

    internal ImageAugmentationOptions Clone() => (ImageAugmentationOptions)MemberwiseClone();
}
