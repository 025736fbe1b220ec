using Microsoft.ML.Eva.Generation;
using Microsoft.ML.Eva.MLNet;
using Microsoft.ML.Eva.Training;
using Microsoft.ML.Eva.Training.Metrics;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Eva;

/// <content>What is written without a data view.</content>
public sealed partial class EvaGenerationTransformer
{
    // Rows of a batch where nothing is written, only measured.
    private const int RowsPerBatch = 16;

    /// <summary>Writes a text after a prompt.</summary>
    /// <param name="prompt">The prompt, without the separator.</param>
    /// <param name="decoding">How it is written; null: as <see cref="Decoding"/> says.</param>
    /// <param name="cancellationToken">Ends the writing with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>The text, without the prompt.</returns>
    /// <exception cref="ArgumentException">An option is out of range, or the prompt and the tokens to write are more than the network takes.</exception>
    public string Generate(string prompt, DecodingOptions? decoding = null, CancellationToken cancellationToken = default) => GenerateAll([prompt], decoding, cancellationToken)[0];

    /// <summary>Writes a text after each prompt, in batches.</summary>
    /// <param name="prompts">The prompts, without the separator.</param>
    /// <param name="decoding">How they are written; null: as <see cref="Decoding"/> says.</param>
    /// <param name="cancellationToken">Ends the writing with an <see cref="OperationCanceledException"/>.</param>
    /// <returns>The texts, without the prompts, in the prompts' order.</returns>
    /// <exception cref="ArgumentException">An option is out of range, or a prompt and the tokens to write are more than the network takes.</exception>
    public IReadOnlyList<string> GenerateAll(IReadOnlyList<string> prompts, DecodingOptions? decoding = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompts);
        var chosen = decoding is null ? _decoding : Checked(decoding);
        return _model.Generator.Write([.. prompts.Select(prompt => _model.Encode(prompt, chosen))], chosen, cancellationToken);
    }

    /// <summary>Writes a text after a prompt and shows it piece by piece: what a token adds, as soon as its characters are whole and cannot be the beginning of a stop sequence. Beam search shows all at its end.</summary>
    /// <returns>The pieces, none of them empty; together they are what <see cref="Generate"/> returns. Each enumeration writes anew.</returns>
    /// <inheritdoc cref="Generate"/>
    public IEnumerable<string> Stream(string prompt, DecodingOptions? decoding = null, CancellationToken cancellationToken = default)
    {
        var chosen = decoding is null ? _decoding : Checked(decoding);
        return _model.Generator.Stream(_model.Encode(prompt, chosen), chosen, cancellationToken);
    }

    /// <summary>As <see cref="Stream"/>; the tokens are computed on the thread pool.</summary>
    /// <inheritdoc cref="Stream"/>
    public IAsyncEnumerable<string> StreamAsync(string prompt, DecodingOptions? decoding = null, CancellationToken cancellationToken = default) =>
        new PooledSequence<string>(Stream(prompt, decoding, cancellationToken), cancellationToken);

    /// <summary>Measures how well the model foresees completions: exp of the mean −log p of their tokens and of the end-of-text token after each.</summary>
    /// <param name="data">Rows with prompts and completions.</param>
    /// <param name="completionColumnName">The column of completions.</param>
    /// <param name="maxTokens">The most tokens of a row; longer ones are cut as in training. Null: the network's limit.</param>
    /// <exception cref="ArgumentException">A column is missing or has the wrong type, or no row has a completion.</exception>
    public double Perplexity(IDataView data, string completionColumnName = "Completion", int? maxTokens = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        var rows = new CompletionRows(_model.Prompts, _manifest.PromptColumn, completionColumnName, Math.Clamp(maxTokens ?? _model.MaxTokens, 2, _model.MaxTokens));
        rows.Read(data, "given", _host.CheckAlive);
        using var loss = new NextTokenLoss();
        var evaluator = new Evaluator(rows.CreateSource(_model.Device), loss, () => new Perplexity(), RowsPerBatch) { Precision = Precision };
        return _model.Generator.Within(() => evaluator.Evaluate(_model.Network, CancellationToken.None).Metric);
    }

    private DecodingOptions Checked(DecodingOptions decoding)
    {
        ArgumentNullException.ThrowIfNull(decoding);
        var copy = decoding.CheckedCopy(nameof(decoding));
        _model.CheckRoom(copy);
        return copy;
    }
}
