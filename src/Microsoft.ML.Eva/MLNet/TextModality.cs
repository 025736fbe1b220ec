using Microsoft.ML.Data;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.MLNet.Targets;
using Microsoft.ML.Eva.Persistence;
using Microsoft.ML.Eva.Scoring;

namespace Microsoft.ML.Eva.MLNet;

/// <summary>Texts or pairs of texts.</summary>
internal sealed class TextModality(EvaLoraTextOptions options) : Modality
{
    /// <inheritdoc/>
    public override string Name => ModelTasks.Text;

    /// <inheritdoc/>
    public override IReadOnlyList<string> ColumnNames { get; } =
        options.Sentence2ColumnName is { } second ? [options.Sentence1ColumnName, second] : [options.Sentence1ColumnName];

    /// <inheritdoc/>
    public override string AcceptedTypes => TextInput.Types;

    /// <inheritdoc/>
    public override bool Accepts(SchemaShape.Column column) => column.Kind == SchemaShape.Column.VectorKind.Scalar && column.ItemType is TextDataViewType;

    /// <inheritdoc/>
    public override ModelInput CreateInput(Network network, FitProgress progress)
    {
        var input = TextInput.Create(network, ColumnNames, options.MaxTokens);
        // Published models pad their tables to a multiple of up to 128; more than that looks like another model's tokenizer.
        if (NetworkFactory.CheckVocabulary(network.Checkpoint, input.Tokenizer) is > 0 and var unused)
        {
            var message = $"The tokenizer of {network.Checkpoint.Name} has {input.Tokenizer.VocabularySize} tokens, {unused} fewer than the table of embeddings (vocab_size).";
            if (unused > 128)
                progress.Warning($"{message} Do they belong together?");
            else
                progress.Info(message);
        }
        return input;
    }

    /// <inheritdoc/>
    public override LabeledRows CreateRows(ModelInput input, LabelCollector labels) => new LabeledTexts((TextInput)input, labels);

    /// <inheritdoc/>
    public override IReadOnlyDictionary<long, string> ReadTexts(IDataView data, IReadOnlySet<long> positions, ModelInput input)
    {
        if (!options.KeepsHardTexts || positions.Count == 0)
            return base.ReadTexts(data, positions, input);
        var texts = new Dictionary<long, string>();
        var columns = input.FindColumns(data.Schema);
        using var cursor = data.GetRowCursor(columns);
        var getters = columns.Select(column => cursor.GetGetter<ReadOnlyMemory<char>>(column)).ToList();
        while (texts.Count < positions.Count && cursor.MoveNext())
            if (positions.Contains(cursor.Position))
                texts[cursor.Position] = string.Join('\n', getters.Select(Read));
        return texts;

        static string Read(ValueGetter<ReadOnlyMemory<char>> getter)
        {
            ReadOnlyMemory<char> text = default;
            getter(ref text);
            return text.ToString();
        }
    }

    /// <inheritdoc/>
    public override ModelManifest Describe(ModelManifest manifest, ModelInput input) =>
        manifest with { MaxTokens = ((TextInput)input).MaxTokens };
}
