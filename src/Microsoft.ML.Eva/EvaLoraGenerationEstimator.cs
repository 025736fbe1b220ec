using Microsoft.ML.Eva.Fitting;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Eva;

/// <summary>
/// Fine-tunes a pretrained GPT-2 to write a text after a prompt. Made by <c>mlContext.Transforms.Text.EvaLoraGeneration</c>.
/// </summary>
/// <remarks>
/// <para>Input and output columns:</para>
/// <list type="table">
/// <listheader><term>Column</term><description>Type</description></listheader>
/// <item><term>Prompt</term><description>text; a missing one is an empty text</description></item>
/// <item><term>Completion</term><description>text, read in training only; rows without one are left out and counted in a warning</description></item>
/// <item><term>GeneratedText (added)</term><description>text</description></item>
/// </list>
/// <para>The loss is that of the completion's tokens and of the end-of-text token after them; the prompt's tokens are read, not learned.
/// Rows are read once; on the CPU results are the same for the same seed.</para>
/// <para><see cref="Fit(IDataView)"/> changes nothing in the estimator: fitting twice gives the same model twice.</para>
/// </remarks>
public sealed class EvaLoraGenerationEstimator : IEstimator<EvaGenerationTransformer>
{
    private readonly EvaLoraGenerationOptions _options;
    private readonly GenerationFit _fit;

    internal EvaLoraGenerationEstimator(IHostEnvironment environment, EvaLoraGenerationOptions options)
    {
        _options = options.Snapshot(nameof(options));
        _fit = new GenerationFit(environment.Register(nameof(EvaLoraGenerationEstimator)), _options);
    }

    /// <summary>Fine-tunes on the rows of <paramref name="input"/>.</summary>
    /// <returns>The fitted model, with its adapters merged.</returns>
    /// <exception cref="ArgumentException">A column is missing or has the wrong type, or no row has a completion.</exception>
    /// <exception cref="InvalidDataException">The checkpoint is broken or no language model.</exception>
    public EvaGenerationTransformer Fit(IDataView input) => Fit(input, _options.ValidationSet);

    /// <summary>Fine-tunes on the rows of <paramref name="trainSet"/> and keeps the weights of the epoch with the lowest perplexity on <paramref name="validationSet"/>.</summary>
    /// <inheritdoc cref="Fit(IDataView)"/>
    public EvaGenerationTransformer Fit(IDataView trainSet, IDataView? validationSet) => _fit.Run(trainSet, validationSet);

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema) => _fit.GetOutputSchema(inputSchema);
}
