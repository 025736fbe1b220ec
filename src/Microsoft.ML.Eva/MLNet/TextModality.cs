using Microsoft.ML.Data;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Persistence;
using Microsoft.ML.Eva.Scoring;

namespace Microsoft.ML.Eva.MLNet;

/// <summary>Texts or pairs of texts.</summary>
internal sealed class TextModality(EvaLoraTextOptions options) : Modality
{
    /// <inheritdoc/>
    public override string Task => ModelTasks.TextClassification;

    /// <inheritdoc/>
    public override IReadOnlyList<string> ColumnNames { get; } =
        options.Sentence2ColumnName is { } second ? [options.Sentence1ColumnName, second] : [options.Sentence1ColumnName];

    /// <inheritdoc/>
    public override string AcceptedTypes => TextInput.Types;

    /// <inheritdoc/>
    public override bool Accepts(SchemaShape.Column column) => column.Kind == SchemaShape.Column.VectorKind.Scalar && column.ItemType is TextDataViewType;

    /// <inheritdoc/>
    public override ModelInput CreateInput(Network network) => TextInput.Create(network, ColumnNames, options.MaxTokens);

    /// <inheritdoc/>
    public override LabeledRows CreateRows(ModelInput input) => new LabeledTexts((TextInput)input);

    /// <inheritdoc/>
    public override ModelManifest Describe(ModelManifest manifest, ModelInput input) =>
        manifest with { MaxTokens = ((TextInput)input).MaxTokens };
}
