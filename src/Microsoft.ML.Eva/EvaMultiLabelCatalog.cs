using Microsoft.ML.Data;
using Microsoft.ML.Eva;
using Microsoft.ML.Eva.MLNet.Targets;
using Microsoft.ML.Eva.Scoring;
using Microsoft.ML.Eva.Training.Metrics;

namespace Microsoft.ML;

/// <summary>Puts EVA fine-tuning for several labels at once beside ML.NET's trainers of classes, and measures it.</summary>
public static class EvaMultiLabelCatalog
{
    /// <summary>
    /// Fine-tunes a pretrained transformer (all-MiniLM-L6-v2, which comes with the package) to give texts or pairs of texts any of several labels at once,
    /// with low-rank adapters that start from the principal components of the training data's activations (EVA, arXiv 2410.07170).
    /// </summary>
    /// <param name="catalog">The catalog, <c>mlContext.MulticlassClassification.Trainers</c>.</param>
    /// <param name="labelColumnName">The labels: a vector of booleans of known size, whose slot names are the labels' names, as <c>Concatenate</c> of boolean columns makes it.</param>
    /// <param name="scoreColumnName">The added column of probabilities, with the labels' names as slot names.</param>
    /// <param name="outputColumnName">The added column of the labels predicted, a vector of booleans with the labels' names as slot names.</param>
    /// <param name="sentence1ColumnName">The column of texts.</param>
    /// <param name="sentence2ColumnName">The column of second texts; null for single texts.</param>
    /// <param name="epochs">How often the training rows are gone through, 1 to 10,000.</param>
    /// <param name="rank">The adapters' mean rank, 1 to 1,024.</param>
    /// <param name="learningRate">The highest learning rate.</param>
    /// <param name="validationSet">Rows to validate on after every epoch; the epoch with the best micro F1 is kept. Null: none.</param>
    /// <returns>The estimator, to append to a pipeline.</returns>
    /// <exception cref="ArgumentException">A parameter is out of range; the message names all that are.</exception>
    public static EvaLoraTextMultiLabelEstimator EvaLoraMultiLabel(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string labelColumnName = "Label",
        string scoreColumnName = "Score",
        string outputColumnName = "PredictedLabel",
        string sentence1ColumnName = "Sentence1",
        string? sentence2ColumnName = null,
        int epochs = 3,
        int rank = 8,
        double learningRate = 1e-3,
        IDataView? validationSet = null) => catalog.EvaLoraMultiLabel(new EvaLoraTextOptions
        {
            LabelColumnName = labelColumnName,
            ScoreColumnName = scoreColumnName,
            PredictionColumnName = outputColumnName,
            Sentence1ColumnName = sentence1ColumnName,
            Sentence2ColumnName = sentence2ColumnName,
            Adapter = new LoraOptions { Rank = rank, Alpha = rank },
            Training = new TrainingOptions { Epochs = epochs, LearningRate = learningRate },
            ValidationSet = validationSet,
        });

    /// <summary>Fine-tunes a pretrained transformer to give texts or pairs of texts any of several labels at once, with everything to choose.</summary>
    /// <param name="catalog">The catalog, <c>mlContext.MulticlassClassification.Trainers</c>.</param>
    /// <param name="options">The options; they are copied.</param>
    /// <returns>The estimator, to append to a pipeline.</returns>
    /// <exception cref="ArgumentException">An option is out of range; the message names all that are.</exception>
    public static EvaLoraTextMultiLabelEstimator EvaLoraMultiLabel(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        EvaLoraTextOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(options);
        return new EvaLoraTextMultiLabelEstimator(CatalogUtils.GetEnvironment(catalog), options);
    }

    /// <summary>
    /// Fine-tunes a pretrained network (ResNet-18 with ImageNet weights, from the NuGet package
    /// Microsoft.ML.DnnImageFeaturizer.ResNet18) to give pictures any of several labels at once, with low-rank adapters that start from the principal
    /// components of the training data's activations (EVA, arXiv 2410.07170; for convolutions: docs/image-classification.md).
    /// </summary>
    /// <param name="catalog">The catalog, <c>mlContext.MulticlassClassification.Trainers</c>.</param>
    /// <param name="labelColumnName">The labels: a vector of booleans of known size, whose slot names are the labels' names, as <c>Concatenate</c> of boolean columns makes it.</param>
    /// <param name="scoreColumnName">The added column of probabilities, with the labels' names as slot names.</param>
    /// <param name="outputColumnName">The added column of the labels predicted, a vector of booleans with the labels' names as slot names.</param>
    /// <param name="imageColumnName">The column of pictures: <c>MLImage</c>, bytes of picture files or their paths.</param>
    /// <param name="epochs">How often the training rows are gone through, 1 to 10,000.</param>
    /// <param name="rank">The adapters' mean rank, 1 to 1,024.</param>
    /// <param name="learningRate">The highest learning rate.</param>
    /// <param name="validationSet">Rows to validate on after every epoch; the epoch with the best micro F1 is kept. Null: none.</param>
    /// <returns>The estimator, to append to a pipeline.</returns>
    /// <exception cref="ArgumentException">A parameter is out of range; the message names all that are.</exception>
    public static EvaLoraImageMultiLabelEstimator EvaLoraImageMultiLabel(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string labelColumnName = "Label",
        string scoreColumnName = "Score",
        string outputColumnName = "PredictedLabel",
        string imageColumnName = "Image",
        int epochs = 3,
        int rank = 8,
        double learningRate = 1e-3,
        IDataView? validationSet = null) => catalog.EvaLoraImageMultiLabel(new EvaLoraImageOptions
        {
            LabelColumnName = labelColumnName,
            ScoreColumnName = scoreColumnName,
            PredictionColumnName = outputColumnName,
            ImageColumnName = imageColumnName,
            Adapter = new LoraOptions { Rank = rank, Alpha = rank },
            Training = new TrainingOptions { Epochs = epochs, LearningRate = learningRate },
            ValidationSet = validationSet,
        });

    /// <summary>Fine-tunes a pretrained network to give pictures any of several labels at once, with everything to choose.</summary>
    /// <param name="catalog">The catalog, <c>mlContext.MulticlassClassification.Trainers</c>.</param>
    /// <param name="options">The options; they are copied.</param>
    /// <returns>The estimator, to append to a pipeline.</returns>
    /// <exception cref="ArgumentException">An option is out of range; the message names all that are.</exception>
    public static EvaLoraImageMultiLabelEstimator EvaLoraImageMultiLabel(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        EvaLoraImageOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(options);
        return new EvaLoraImageMultiLabelEstimator(CatalogUtils.GetEnvironment(catalog), options);
    }

    /// <summary>Measures predictions of several labels at once, which ML.NET's own evaluators do not.</summary>
    /// <param name="catalog">The catalog, <c>mlContext.MulticlassClassification</c>.</param>
    /// <param name="data">Scored rows.</param>
    /// <param name="labelColumnName">The truth: a vector of booleans.</param>
    /// <param name="scoreColumnName">The probabilities: a vector of as many numbers, in the same order.</param>
    /// <param name="threshold">The probability from which a label counts as predicted, greater than 0 and less than 1.</param>
    /// <exception cref="ArgumentException">A column is missing or of another type or length, the threshold is out of range, or there is no row.</exception>
    public static MultiLabelMetrics EvaluateMultiLabel(this MulticlassClassificationCatalog catalog, IDataView data, string labelColumnName = "Label", string scoreColumnName = "Score", double threshold = 0.5)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(data);
        if (threshold is not (> 0 and < 1))
            throw new ArgumentException($"The threshold is {threshold}, but must be greater than 0 and less than 1.", nameof(threshold));
        DataViewSchema.Column Find(string name) => data.Schema.GetColumnOrNull(name) ?? throw ModelInput.MissingColumn(name, data.Schema.Select(c => c.Name));
        var (label, score) = (Find(labelColumnName), Find(scoreColumnName));
        var size = LabelSlots.Names(label).Length;
        if (score.Type is not VectorDataViewType { ItemType: NumberDataViewType { RawType: var type } } vector || type != typeof(float) || vector.Size != size)
            throw new ArgumentException($"Score column '{scoreColumnName}' has type {score.Type}, but must be a vector of {size} numbers of type Single, as many as '{labelColumnName}' has labels.", nameof(scoreColumnName));
        var rows = Read(data, label, score);
        return rows.Count == 0 ? throw new ArgumentException("There is no row to measure on.", nameof(data)) : new MultiLabelMetrics(
            rows.F1Micro((float)threshold), rows.F1Macro((float)threshold), rows.MeanAveragePrecision(),
            rows.SubsetAccuracy((float)threshold), rows.HammingLoss((float)threshold), rows.Count);
    }

    private static LabelSetScores Read(IDataView data, DataViewSchema.Column label, DataViewSchema.Column score)
    {
        var rows = new LabelSetScores();
        using var cursor = data.GetRowCursor([label, score]);
        var (getLabel, getScore) = (cursor.GetGetter<VBuffer<bool>>(label), cursor.GetGetter<VBuffer<float>>(score));
        var (labels, scores) = (default(VBuffer<bool>), default(VBuffer<float>));
        while (cursor.MoveNext())
        {
            getLabel(ref labels);
            getScore(ref scores);
            rows.Add([.. scores.DenseValues()], [.. labels.DenseValues()]);
        }
        return rows;
    }
}
