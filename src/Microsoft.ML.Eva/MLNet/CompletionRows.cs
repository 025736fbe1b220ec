using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Data.Labels;
using Microsoft.ML.Eva.Generation;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.MLNet;

/// <summary>Prompts with their completions, tokenized when they are read and kept compactly.</summary>
internal sealed class CompletionRows(PromptTokenizer tokenizer, string promptColumn, string completionColumn, int maxTokens)
{
    private readonly TextRows _rows = new(tokenizer.VocabularySize);

    /// <summary>Number of rows kept.</summary>
    public int Count => _rows.Count;

    /// <summary>Rows left out because their completion is missing or empty.</summary>
    public int WithoutCompletion { get; private set; }

    /// <summary>Rows of which something was cut.</summary>
    public int Cut { get; private set; }

    /// <summary>Reads all rows.</summary>
    /// <param name="data">The data view.</param>
    /// <param name="what">What messages call it.</param>
    /// <param name="checkAlive">Throws if the host wants this to end.</param>
    /// <exception cref="ArgumentException">A column is missing or has the wrong type, or no row is left.</exception>
    public void Read(IDataView data, string what, Action checkAlive)
    {
        DataViewSchema.Column[] columns = [TextColumn.Find(data.Schema, promptColumn), TextColumn.Find(data.Schema, completionColumn)];
        using var cursor = data.GetRowCursor(columns);
        var (readPrompt, readCompletion) = (cursor.GetGetter<ReadOnlyMemory<char>>(columns[0]), cursor.GetGetter<ReadOnlyMemory<char>>(columns[1]));
        ReadOnlyMemory<char> prompt = default, completion = default;
        while (cursor.MoveNext())
        {
            checkAlive();
            readPrompt(ref prompt);
            readCompletion(ref completion);
            Add(prompt.ToString(), completion.ToString());
        }
        if (Count == 0)
            throw new ArgumentException(WithoutCompletion == 0
                ? $"The {what} data has no rows."
                : $"None of the {WithoutCompletion} rows of the {what} data has a text in column '{completionColumn}'.");
    }

    /// <summary>What somebody should know about rows that were left out or changed.</summary>
    public IEnumerable<string> Warnings(string what)
    {
        if (WithoutCompletion > 0)
            yield return $"{WithoutCompletion} of {WithoutCompletion + Count} {what} rows have no text in column '{completionColumn}' and were left out.";
        if (Cut > 0)
            yield return $"{Cut} of {Count} {what} rows have more than the {maxTokens} tokens allowed (MaxTokens); the beginnings of their prompts, or the ends of their completions, were cut.";
    }

    /// <summary>The rows, or those that <paramref name="subset"/> names, as batches whose labels are the completions' tokens.</summary>
    public IBatchSource CreateSource(Device device, int[]? subset = null) =>
        new TextBatchSource(_rows, new TextPadding(tokenizer.PadId, HasTokenTypes: false), device, new CompletionLabels(_rows), subset: subset);

    private void Add(string prompt, string completion)
    {
        if (completion.Length == 0)
        {
            WithoutCompletion++;
            return;
        }
        var (row, isCut) = tokenizer.Example(prompt, completion, maxTokens);
        _rows.Add(row);
        if (isCut)
            Cut++;
    }
}
