using Microsoft.ML.Data;
using Microsoft.ML.Eva;
using Microsoft.ML.Eva.MLNet;
using Microsoft.ML.Eva.Scoring;
using Microsoft.ML.Eva.Training.Metrics;

namespace Microsoft.ML;

/// <summary>Puts EVA fine-tuning among ML.NET's trainers of regressions.</summary>
public static class EvaRegressionCatalog
{
    /// <summary>
    /// Fine-tunes a pretrained transformer (all-MiniLM-L6-v2, which comes with the package) to give texts or pairs of texts a number:
    /// a grade, a price, a pair's similarity. Low-rank adapters start from the principal components of the training data's
    /// activations (EVA, arXiv 2410.07170).
    /// </summary>
    /// <param name="catalog">The catalog, <c>mlContext.Regression.Trainers</c>.</param>
    /// <param name="labelColumnName">The label: a number of any type.</param>
    /// <param name="scoreColumnName">The added column with the number.</param>
    /// <param name="sentence1ColumnName">The column of texts.</param>
    /// <param name="sentence2ColumnName">The column of second texts; null for single texts.</param>
    /// <param name="epochs">How often the training rows are gone through, 1 to 10,000.</param>
    /// <param name="rank">The adapters' mean rank, 1 to 1,024.</param>
    /// <param name="learningRate">The highest learning rate.</param>
    /// <param name="validationSet">Rows to validate on after every epoch; the epoch with the best Pearson correlation is kept. Null: none.</param>
    /// <returns>The estimator, to append to a pipeline.</returns>
    /// <exception cref="ArgumentException">A parameter is out of range; the message names all that are.</exception>
    public static EvaLoraTextRegressionEstimator EvaLora(
        this RegressionCatalog.RegressionTrainers catalog,
        string labelColumnName = "Label",
        string scoreColumnName = "Score",
        string sentence1ColumnName = "Sentence1",
        string? sentence2ColumnName = null,
        int epochs = 3,
        int rank = 8,
        double learningRate = 1e-3,
        IDataView? validationSet = null) => catalog.EvaLora(new EvaLoraTextOptions
        {
            LabelColumnName = labelColumnName,
            ScoreColumnName = scoreColumnName,
            Sentence1ColumnName = sentence1ColumnName,
            Sentence2ColumnName = sentence2ColumnName,
            Adapter = new LoraOptions { Rank = rank, Alpha = rank },
            Training = new TrainingOptions { Epochs = epochs, LearningRate = learningRate },
            ValidationSet = validationSet,
        });

    /// <summary>Fine-tunes a pretrained transformer to give texts or pairs of texts a number, with everything to choose.</summary>
    /// <param name="catalog">The catalog, <c>mlContext.Regression.Trainers</c>.</param>
    /// <param name="options">The options; they are copied. What makes sense for classes only must be left alone.</param>
    /// <returns>The estimator, to append to a pipeline.</returns>
    /// <exception cref="ArgumentException">An option is out of range; the message names all that are.</exception>
    public static EvaLoraTextRegressionEstimator EvaLora(this RegressionCatalog.RegressionTrainers catalog, EvaLoraTextOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(options);
        return new EvaLoraTextRegressionEstimator(CatalogUtils.GetEnvironment(catalog), options);
    }

    /// <summary>
    /// Fine-tunes a pretrained network (ResNet-18 with ImageNet weights, from the NuGet package
    /// Microsoft.ML.DnnImageFeaturizer.ResNet18) to give pictures a number: a grade, an age, a count.
    /// </summary>
    /// <param name="catalog">The catalog, <c>mlContext.Regression.Trainers</c>.</param>
    /// <param name="labelColumnName">The label: a number of any type.</param>
    /// <param name="scoreColumnName">The added column with the number.</param>
    /// <param name="imageColumnName">The column of pictures: <c>MLImage</c>, bytes of picture files or their paths.</param>
    /// <param name="epochs">How often the training rows are gone through, 1 to 10,000.</param>
    /// <param name="rank">The adapters' mean rank, 1 to 1,024.</param>
    /// <param name="learningRate">The highest learning rate.</param>
    /// <param name="validationSet">Rows to validate on after every epoch; the epoch with the best Pearson correlation is kept. Null: none.</param>
    /// <returns>The estimator, to append to a pipeline.</returns>
    /// <exception cref="ArgumentException">A parameter is out of range; the message names all that are.</exception>
    public static EvaLoraImageRegressionEstimator EvaLoraImage(
        this RegressionCatalog.RegressionTrainers catalog,
        string labelColumnName = "Label",
        string scoreColumnName = "Score",
        string imageColumnName = "Image",
        int epochs = 3,
        int rank = 8,
        double learningRate = 1e-3,
        IDataView? validationSet = null) => catalog.EvaLoraImage(new EvaLoraImageOptions
        {
            LabelColumnName = labelColumnName,
            ScoreColumnName = scoreColumnName,
            ImageColumnName = imageColumnName,
            Adapter = new LoraOptions { Rank = rank, Alpha = rank },
            Training = new TrainingOptions { Epochs = epochs, LearningRate = learningRate },
            ValidationSet = validationSet,
        });

    /// <summary>Fine-tunes a pretrained network to give pictures a number, with everything to choose.</summary>
    /// <param name="catalog">The catalog, <c>mlContext.Regression.Trainers</c>.</param>
    /// <param name="options">The options; they are copied. What makes sense for classes only must be left alone.</param>
    /// <returns>The estimator, to append to a pipeline.</returns>
    /// <exception cref="ArgumentException">An option is out of range; the message names all that are.</exception>
    public static EvaLoraImageRegressionEstimator EvaLoraImage(this RegressionCatalog.RegressionTrainers catalog, EvaLoraImageOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(options);
        return new EvaLoraImageRegressionEstimator(CatalogUtils.GetEnvironment(catalog), options);
    }

    /// <summary>
    /// Compares scores with labels by Pearson's and Spearman's correlation, as benchmarks of text similarity do; what ML.NET's own
    /// <c>mlContext.Regression.Evaluate</c> measures beside (errors, R²) it does not repeat.
    /// </summary>
    /// <param name="catalog">The catalog, <c>mlContext.Regression</c>.</param>
    /// <param name="data">Scored rows.</param>
    /// <param name="labelColumnName">The label: a number of any type. Rows where it is missing are left out.</param>
    /// <param name="scoreColumnName">The score, a number.</param>
    /// <exception cref="ArgumentException">A column is missing or is no number, or no row has a label.</exception>
    public static CorrelationMetrics EvaluateCorrelation(this RegressionCatalog catalog, IDataView data, string labelColumnName = "Label", string scoreColumnName = "Score")
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(data);
        var columns = new[] { labelColumnName, scoreColumnName }.Select(name => data.Schema.GetColumnOrNull(name) ?? throw ModelInput.MissingColumn(name, data.Schema.Select(c => c.Name)));
        using var cursor = data.GetRowCursor(columns);
        var (readLabel, readScore) = (NumberReader.Create(cursor, labelColumnName, "Label column"), NumberReader.Create(cursor, scoreColumnName, "Score column"));
        List<double> labels = [], scores = [];
        while (cursor.MoveNext())
        {
            var label = readLabel();
            if (!double.IsFinite(label))
                continue;
            labels.Add(label);
            scores.Add(readScore());
        }
        return labels.Count > 0
            ? new CorrelationMetrics(Correlation.Pearson([.. scores], [.. labels]), Correlation.Spearman([.. scores], [.. labels]), labels.Count)
            : throw new ArgumentException($"No row has a number as label in column '{labelColumnName}'.", nameof(data));
    }
}
