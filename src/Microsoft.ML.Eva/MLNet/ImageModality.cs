using Microsoft.ML.Data;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.MLNet.Targets;
using Microsoft.ML.Eva.Persistence;
using Microsoft.ML.Eva.Scoring;
using Microsoft.ML.Transforms.Image;

namespace Microsoft.ML.Eva.MLNet;

/// <summary>Pictures.</summary>
internal sealed class ImageModality(EvaLoraImageOptions options) : Modality
{
    /// <inheritdoc/>
    public override string Name => ModelTasks.Image;

    /// <inheritdoc/>
    public override IReadOnlyList<string> ColumnNames { get; } = [options.ImageColumnName];

    /// <inheritdoc/>
    public override string AcceptedTypes => ImageInput.Types;

    /// <inheritdoc/>
    public override EvaWhitening Whitening => EvaWhitening.UnitVariance;

    /// <inheritdoc/>
    public override bool Accepts(SchemaShape.Column column) => column.Kind == SchemaShape.Column.VectorKind.Scalar
        ? column.ItemType is TextDataViewType or ImageDataViewType
        : column.ItemType == NumberDataViewType.Byte && !column.IsKey;

    /// <inheritdoc/>
    public override ModelInput CreateInput(Network network, FitProgress progress) => ImageInput.Create(network, options.ImageColumnName, options.ImageFolder, options.ImageSize);

    /// <inheritdoc/>
    public override LabeledRows CreateRows(ModelInput input, LabelCollector labels) => new LabeledPictures((ImageInput)input, labels, options.Augmentation, options.SkipsBrokenPictures);

    /// <inheritdoc/>
    public override ModelManifest Describe(ModelManifest manifest, ModelInput input) =>
        manifest with { ImageSize = options.ImageSize, ImageFolder = options.ImageFolder };
}
