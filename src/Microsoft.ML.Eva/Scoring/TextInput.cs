using Microsoft.ML.Data;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Data.Tokenization;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Scoring;

/// <summary>One or two text columns, tokenized as the checkpoint wants it. A missing text is an empty one.</summary>
internal sealed class TextInput(TextTokenizer tokenizer, string firstColumn, string? secondColumn, int maxTokens) : ModelInput
{
    /// <summary>The checkpoint's tokenizer.</summary>
    public TextTokenizer Tokenizer { get; } = tokenizer;

    /// <summary>How rows of a batch are made equally long.</summary>
    public TextPadding Padding { get; } = new(tokenizer.PadId, tokenizer.HasTokenTypes);

    /// <summary>The most tokens of a row, special ones included.</summary>
    public int MaxTokens { get; } = maxTokens;

    /// <inheritdoc/>
    public override IReadOnlyList<string> ColumnNames { get; } = secondColumn is null ? [firstColumn] : [firstColumn, secondColumn];

    /// <inheritdoc/>
    public override string AcceptedTypes => "text (System.String or ReadOnlyMemory<char>)";

    /// <inheritdoc/>
    public override bool Accepts(DataViewType type) => type is TextDataViewType;

    /// <inheritdoc/>
    public override Func<EncodedRow> CreateReader(DataViewRow row)
    {
        var columns = FindColumns(row.Schema);
        var first = row.GetGetter<ReadOnlyMemory<char>>(columns[0]);
        var second = columns.Count > 1 ? row.GetGetter<ReadOnlyMemory<char>>(columns[1]) : null;
        return () =>
        {
            ReadOnlyMemory<char> text = default, pair = default;
            first(ref text);
            second?.Invoke(ref pair);
            return new TextRow(Tokenizer.Encode(text.ToString(), second is null ? null : pair.ToString(), MaxTokens));
        };
    }

    /// <inheritdoc/>
    public override Batch ToBatch(IReadOnlyList<EncodedRow> rows, Device device)
    {
        var texts = new TextRows(Tokenizer.VocabularySize);
        foreach (var row in rows)
            texts.Add(((TextRow)row).Text);
        return new TextBatchSource(texts, Padding, device).Load([.. Enumerable.Range(0, rows.Count)]);
    }

    /// <summary>A tokenized row.</summary>
    internal sealed record TextRow(EncodedText Text) : EncodedRow(Text.Ids.Length);
}
