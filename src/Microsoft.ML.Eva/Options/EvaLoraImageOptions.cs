namespace Microsoft.ML.Eva;

/// <summary>All that a training on pictures can be told. Every property has a default that works.</summary>
public sealed class EvaLoraImageOptions : EvaLoraOptions
{
    private const int LeastSize = 16;
    private const int MostSize = 4096;

    /// <summary>Makes options with their defaults.</summary>
    public EvaLoraImageOptions() : base(Checkpoint.ResNet18)
    {
    }

    /// <summary>Gets or sets the column of pictures: <c>MLImage</c>, as <c>LoadImages</c> makes it, bytes of picture files, as <c>LoadRawImageBytes</c> makes them, or paths of files as text.</summary>
    /// <value>Default: <c>Image</c>.</value>
    public string ImageColumnName { get; set; } = "Image";

    /// <summary>Gets or sets the folder that paths in the column start from. It is saved with the model.</summary>
    /// <value>Default: <see langword="null"/>, the process's current folder.</value>
    public string? ImageFolder { get; set; }

    /// <summary>Gets or sets the side of the square that the network sees, in pixels. Smaller is faster, in training and in use.</summary>
    /// <value>16 to 4,096. Default: <see langword="null"/>, what the checkpoint's <c>preprocessor_config.json</c> says, mostly 224.</value>
    public int? ImageSize { get; set; }

    /// <summary>Gets or sets how training pictures are varied.</summary>
    /// <value>Default: random crops and mirroring. <see langword="null"/>: not at all.</value>
    public ImageAugmentationOptions? Augmentation { get; set; } = new();

    /// <summary>
    /// Gets or sets whether training and validation rows whose picture cannot be read are left out, counted in
    /// <see cref="TrainingReport.RowsUnreadable"/> and told as a warning, instead of ending the training with an error. To find
    /// them, every picture is decoded once more before the training. Scoring a picture that cannot be read is an error either way.
    /// </summary>
    /// <value>Default: <see langword="false"/>.</value>
    public bool SkipsBrokenPictures { get; set; }

    private protected override void Validate(OptionsValidator validator)
    {
        base.Validate(validator);
        RequireName(validator, ImageColumnName, nameof(ImageColumnName));
        validator.Require(ImageFolder is null || !string.IsNullOrWhiteSpace(ImageFolder), nameof(ImageFolder), "empty", "null or the path of a folder");
        validator.Range(ImageSize ?? LeastSize, LeastSize, MostSize, nameof(ImageSize));
        Augmentation?.Validate(validator);
    }

    /// <inheritdoc cref="EvaLoraOptions.CheckedCopy"/>
    internal EvaLoraImageOptions Snapshot(string parameterName, LearningTask task = LearningTask.Classification)
    {
        var copy = (EvaLoraImageOptions)CheckedCopy(parameterName, task);
        copy.Augmentation = Augmentation?.Clone();
        return copy;
    }
}
