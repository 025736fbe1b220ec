using Microsoft.ML.Data;
using Microsoft.ML.Eva;
using Microsoft.ML.Eva.MLNet;

namespace Microsoft.ML;

/// <summary>Puts the fine-tuning of text generators among ML.NET's transforms of texts.</summary>
public static class EvaGenerationCatalog
{
    /// <summary>
    /// Fine-tunes a pretrained GPT-2 to write a text after a prompt, with low-rank adapters that start from the principal components of
    /// the training data's activations (EVA, arXiv 2410.07170).
    /// </summary>
    /// <param name="catalog">The catalog, <c>mlContext.Transforms.Text</c>.</param>
    /// <param name="checkpoint">The network to start from; null: <c>openai-community/gpt2</c> of the Hugging Face hub.</param>
    /// <param name="outputColumnName">The added column of written texts.</param>
    /// <param name="promptColumnName">The column of prompts.</param>
    /// <param name="completionColumnName">The column of texts that are to be learned.</param>
    /// <param name="epochs">How often the training rows are gone through, 1 to 10,000.</param>
    /// <param name="rank">The adapters' mean rank, 1 to 1,024.</param>
    /// <param name="learningRate">The highest learning rate.</param>
    /// <param name="maxNewTokens">The most tokens that are written.</param>
    /// <param name="validationSet">Rows to validate on after every epoch; the epoch with the lowest perplexity is kept. Null: none.</param>
    /// <returns>The estimator, to append to a pipeline.</returns>
    /// <exception cref="ArgumentException">A parameter is out of range; the message names all that are.</exception>
    public static EvaLoraGenerationEstimator EvaLoraGeneration(
        this TransformsCatalog.TextTransforms catalog,
        Checkpoint? checkpoint = null,
        string outputColumnName = "GeneratedText",
        string promptColumnName = "Prompt",
        string completionColumnName = "Completion",
        int epochs = 3,
        int rank = 8,
        double learningRate = 1e-3,
        int maxNewTokens = 64,
        IDataView? validationSet = null)
    {
        var options = new EvaLoraGenerationOptions
        {
            OutputColumnName = outputColumnName,
            PromptColumnName = promptColumnName,
            CompletionColumnName = completionColumnName,
            Decoding = new GreedyOptions { MaxNewTokens = maxNewTokens },
            Adapter = new LoraOptions { Rank = rank, Alpha = rank },
            Training = new TrainingOptions { Epochs = epochs, LearningRate = learningRate },
            ValidationSet = validationSet,
        };
        options.Checkpoint = checkpoint ?? options.Checkpoint;
        return catalog.EvaLoraGeneration(options);
    }

    /// <summary>Fine-tunes a pretrained GPT-2 to write a text after a prompt, with everything to choose.</summary>
    /// <param name="catalog">The catalog, <c>mlContext.Transforms.Text</c>.</param>
    /// <param name="options">The options; they are copied.</param>
    /// <returns>The estimator, to append to a pipeline.</returns>
    /// <exception cref="ArgumentException">An option is out of range; the message names all that are.</exception>
    public static EvaLoraGenerationEstimator EvaLoraGeneration(this TransformsCatalog.TextTransforms catalog, EvaLoraGenerationOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(options);
        return new EvaLoraGenerationEstimator(CatalogUtils.GetEnvironment(catalog), options);
    }

    /// <summary>Compares written texts with references: BLEU, NIST, ROUGE-L.</summary>
    /// <param name="catalog">The catalog, <c>mlContext.Transforms.Text</c>.</param>
    /// <param name="data">Rows with a written text and a reference.</param>
    /// <param name="outputColumnName">The column of written texts.</param>
    /// <param name="referenceColumnName">The column of references.</param>
    /// <param name="promptColumnName">The column of prompts: rows with the same prompt then count as one text, the first row's, with several references. Null: each row is a text of its own.</param>
    /// <exception cref="ArgumentException">A column is missing or has the wrong type, or there are no rows.</exception>
    public static TextGenerationMetrics EvaluateGeneration(
        this TransformsCatalog.TextTransforms catalog,
        IDataView data,
        string outputColumnName = "GeneratedText",
        string referenceColumnName = "Completion",
        string? promptColumnName = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(data);
        var (texts, references) = (TextColumn.Read(data, outputColumnName), TextColumn.Read(data, referenceColumnName));
        var prompts = promptColumnName is null ? null : TextColumn.Read(data, promptColumnName);
        var groups = Enumerable.Range(0, texts.Count).GroupBy(row => prompts?[row] ?? $"{row}", StringComparer.Ordinal).ToList();
        return TextGenerationMetrics.Evaluate([.. groups.Select(group => texts[group.First()])], [.. groups.Select(group => group.Select(row => references[row]).ToArray())]);
    }
}
