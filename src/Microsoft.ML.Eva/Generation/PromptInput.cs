using Microsoft.ML.Data;
using Microsoft.ML.Eva.Scoring;

namespace Microsoft.ML.Eva.Generation;

/// <summary>A column of prompts. A missing prompt is an empty one; of a prompt that is too long the beginning is cut.</summary>
internal sealed class PromptInput(PromptTokenizer tokenizer, string column, int mostTokens) : RowInput
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> ColumnNames { get; } = [column];

    // Writing takes long, and the first texts should not wait for a thousand others.
    /// <inheritdoc/>
    public override int RowsAhead => 256;

    /// <inheritdoc/>
    public override string AcceptedTypes => TextInput.Types;

    /// <inheritdoc/>
    public override bool Accepts(DataViewType type) => type is TextDataViewType;

    /// <inheritdoc/>
    public override Func<EncodedRow> CreateReader(DataViewRow row)
    {
        var read = row.GetGetter<ReadOnlyMemory<char>>(FindColumns(row.Schema)[0]);
        return () =>
        {
            ReadOnlyMemory<char> text = default;
            read(ref text);
            return new PromptRow(tokenizer.Prompt(text.ToString(), mostTokens));
        };
    }

    /// <summary>A tokenized prompt.</summary>
    internal sealed record PromptRow(int[] Ids) : EncodedRow(Ids.Length);
}
