using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.MLNet.Targets;
using Microsoft.ML.Eva.Scoring;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.MLNet;

/// <summary>Labelled texts, tokenized when they are read and kept compactly.</summary>
internal sealed class LabeledTexts(TextInput input, LabelCollector labels) : LabeledRows(input, labels)
{
    private readonly TextRows _texts = new(input.Tokenizer.VocabularySize);
    private int _atLimit;
    private int _blank;

    /// <inheritdoc/>
    public override int Count => _texts.Count;

    /// <inheritdoc/>
    public override int AtLimit => _atLimit;

    /// <inheritdoc/>
    public override IEnumerable<string> Warnings(string what)
    {
        foreach (var warning in base.Warnings(what))
            yield return warning;
        if (_blank > 0)
            yield return $"{_blank} of {Count} {what} rows have no text in {(input.ColumnNames.Count == 1 ? "column" : "columns")} '{string.Join("', '", input.ColumnNames)}' and count as empty texts.";
        if (AtLimit > 0)
            yield return $"{AtLimit} of {Count} {what} rows fill all {input.MaxTokens} tokens allowed (MaxTokens); what is longer was cut.";
    }

    /// <inheritdoc/>
    public override IBatchSource CreateSource(Device device, bool isTraining, int[]? subset = null) => new TextBatchSource(_texts, input.Padding, device, Labels, isTraining ? Weights?.Values : null, subset);

    /// <inheritdoc/>
    protected override Func<bool> CreateReader(DataViewRow row)
    {
        var read = input.CreateReader(row);
        return () =>
        {
            var (text, isBlank) = (TextInput.TextRow)read();
            _texts.Add(text);
            if (isBlank)
                _blank++;
            if (text.Ids.Length >= input.MaxTokens)
                _atLimit++;
            return true;
        };
    }
}
