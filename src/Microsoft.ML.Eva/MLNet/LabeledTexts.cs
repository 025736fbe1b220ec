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

    /// <inheritdoc/>
    public override int Count => _texts.Count;

    /// <inheritdoc/>
    public override int AtLimit => _atLimit;

    /// <inheritdoc/>
    public override IEnumerable<string> Warnings(string what) => AtLimit == 0
        ? base.Warnings(what)
        : base.Warnings(what).Append($"{AtLimit} of {Count} {what} rows fill all {input.MaxTokens} tokens allowed (MaxTokens); what is longer was cut.");

    /// <inheritdoc/>
    public override IBatchSource CreateSource(Device device, bool isTraining, int[]? subset = null) => new TextBatchSource(_texts, input.Padding, device, Labels, isTraining ? Weights?.Values : null, subset);

    /// <inheritdoc/>
    protected override Func<bool> CreateReader(DataViewRow row)
    {
        var read = input.CreateReader(row);
        return () =>
        {
            var text = ((TextInput.TextRow)read()).Text;
            _texts.Add(text);
            if (text.Ids.Length >= input.MaxTokens)
                _atLimit++;
            return true;
        };
    }
}
