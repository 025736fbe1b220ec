using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.Eva;

/// <summary>What AutoML may choose about fine-tuning on pictures; see <see cref="EvaLoraTextParameters"/>.</summary>
/// <remarks><inheritdoc cref="EvaLoraTextParameters" path="/remarks"/></remarks>
public sealed class EvaLoraImageParameters
{
    /// <inheritdoc cref="EvaLoraTextParameters.Rank"/>
    [Range(2, 32, 8, true)]
    public int Rank { get; set; } = 8;

    /// <inheritdoc cref="EvaLoraTextParameters.Rho"/>
    [Range(1.0, 3.0, 2.0, false)]
    public double Rho { get; set; } = 2;

    /// <inheritdoc cref="EvaLoraTextParameters.LearningRate"/>
    [Range(1e-4, 1e-2, 1e-3, true)]
    public double LearningRate { get; set; } = 1e-3;

    /// <inheritdoc cref="EvaLoraTextParameters.Method"/>
    [Choice(new object[] { SweptMethodName.Eva, SweptMethodName.EvaRankStabilized, SweptMethodName.EvaDora, SweptMethodName.Lora }, SweptMethodName.Eva)]
    public string Method { get; set; } = SweptMethodName.Eva;

    /// <inheritdoc cref="EvaLoraTextParameters.Epochs"/>
    [Range(1, 8, 3, false)]
    public int Epochs { get; set; } = 3;

    /// <summary>Gets or sets whether pictures are mirrored at random while they are trained on.</summary>
    /// <value>Default: <see langword="true"/>.</value>
    [BooleanChoice(true)]
    public bool FlipsHorizontally { get; set; } = true;

    /// <inheritdoc cref="EvaLoraTextParameters.BatchSize"/>
    public int BatchSize { get; set; } = 32;

    /// <inheritdoc cref="EvaLoraTextParameters.ValidationFraction"/>
    public double ValidationFraction { get; set; }

    /// <inheritdoc cref="EvaLoraTextParameters.LabelColumnName"/>
    public string LabelColumnName { get; set; } = "Label";

    /// <summary>Gets or sets the column of pictures: <c>MLImage</c>, bytes of picture files or their paths.</summary>
    /// <value>Default: <c>Image</c>.</value>
    public string ImageColumnName { get; set; } = "Image";

    /// <summary>Gets or sets the folder of the checkpoint to start from, as in <see cref="Checkpoint.FromFolder"/>.</summary>
    /// <value>Default: <see langword="null"/>, <see cref="Checkpoint.ResNet18"/>.</value>
    public string? CheckpointFolder { get; set; }

    /// <summary>The trainer's options that these parameters mean.</summary>
    internal EvaLoraImageOptions ToOptions() => new()
    {
        Adapter = SweptMethodName.Create(Method, Rank, Rho, dropout: 0),
        Training = SweptMethodName.Training(LearningRate, Epochs, BatchSize, ValidationFraction),
        Augmentation = new ImageAugmentationOptions { FlipsHorizontally = FlipsHorizontally },
        LabelColumnName = LabelColumnName,
        ImageColumnName = ImageColumnName,
        Checkpoint = CheckpointFolder is null ? Checkpoint.ResNet18 : Checkpoint.FromFolder(CheckpointFolder),
    };
}
