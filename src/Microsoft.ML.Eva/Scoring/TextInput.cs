using Microsoft.ML.Data;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Data.Tokenization;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Scoring;

/// <summary>One or two text columns, tokenized as the checkpoint wants it. A missing text is an empty one.</summary>
internal sealed class TextInput(TextTokenizer tokenizer, string firstColumn, string? secondColumn, int maxTokens) : ModelInput
{
    /// <summary>What <see cref="Accepts"/> wants, for messages.</summary>
    public const string Types = "text (System.String or ReadOnlyMemory<char>)";

    /// <summary>The input of a network for texts, with the tokenizer of its checkpoint.</summary>
    /// <param name="network">The network.</param>
    /// <param name="columns">One column, or two for pairs.</param>
    /// <param name="maxTokens">The most tokens of a row, lowered to the network's own limit.</param>
    /// <exception cref="ArgumentException">The network is for pictures.</exception>
    public static TextInput Create(Network network, IReadOnlyList<string> columns, int maxTokens)
    {
        var checkpoint = network.Checkpoint;
        var mostTokens = network.Backbone.MaxTokens
            ?? throw new ArgumentException($"The checkpoint {checkpoint.Name} is a network for pictures, not for texts.", nameof(EvaLoraTextOptions.Checkpoint));
        var tokenizer = checkpoint.Tokenizer;
        NetworkFactory.CheckVocabulary(checkpoint, tokenizer);
        return new TextInput(tokenizer, columns[0], columns.ElementAtOrDefault(1), Math.Min(maxTokens, mostTokens));
    }

    /// <summary>The checkpoint's tokenizer.</summary>
    public TextTokenizer Tokenizer { get; } = tokenizer;

    /// <summary>How rows of a batch are made equally long.</summary>
    public TextPadding Padding { get; } = new(tokenizer.PadId, tokenizer.HasTokenTypes);

    /// <summary>The most tokens of a row, special ones included.</summary>
    public int MaxTokens { get; } = maxTokens;

    /// <inheritdoc/>
    public override IReadOnlyList<string> ColumnNames { get; } = secondColumn is null ? [firstColumn] : [firstColumn, secondColumn];

    /// <inheritdoc/>
    public override string AcceptedTypes => Types;

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
            return new TextRow(Tokenizer.Encode(text.ToString(), second is null ? null : pair.ToString(), MaxTokens), text.Span.IsWhiteSpace() && pair.Span.IsWhiteSpace());
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

    /// <summary>A tokenized row, and whether nothing but white space stood in all its texts.</summary>
    internal sealed record TextRow(EncodedText Text, bool IsBlank = false) : EncodedRow(Text.Ids.Length);
}
