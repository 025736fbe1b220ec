using Microsoft.ML.Eva.Scoring;

namespace Microsoft.ML.Eva.Generation;

/// <summary>Writes a text after each row's prompt.</summary>
internal sealed class PromptScorer(CausalModel model, string column, DecodingOptions decoding) : IRowScorer<string>
{
    /// <inheritdoc/>
    public RowInput Input { get; } = new PromptInput(model.Prompts, column, model.MaxTokens - decoding.MaxNewTokens);

    /// <inheritdoc/>
    public string[] Score(IReadOnlyList<EncodedRow> rows) =>
        model.Generator.Write([.. rows.Select(row => ((PromptInput.PromptRow)row).Ids)], decoding, CancellationToken.None);
}
