using Microsoft.ML.Data;
using Microsoft.ML.Eva;

namespace Microsoft.ML;

/// <summary>Puts EVA fine-tuning among ML.NET's trainers.</summary>
public static class EvaCatalog
{
    /// <summary>
    /// Fine-tunes a pretrained transformer (all-MiniLM-L6-v2, which comes with the package) to classify texts or pairs of texts,
    /// with low-rank adapters that start from the principal components of the training data's activations (EVA, arXiv 2410.07170).
    /// </summary>
    /// <param name="catalog">The catalog, <c>mlContext.MulticlassClassification.Trainers</c>.</param>
    /// <param name="labelColumnName">The label: a key, as <c>Conversion.MapValueToKey</c> makes it.</param>
    /// <param name="scoreColumnName">The added column of probabilities, with the classes' names as slot names.</param>
    /// <param name="outputColumnName">The added column of the most probable class, a key with the label's values.</param>
    /// <param name="sentence1ColumnName">The column of texts.</param>
    /// <param name="sentence2ColumnName">The column of second texts; null for single texts.</param>
    /// <param name="epochs">How often the training rows are gone through, 1 to 10,000.</param>
    /// <param name="rank">The adapters' mean rank, 1 to 1,024.</param>
    /// <param name="learningRate">The highest learning rate.</param>
    /// <param name="validationSet">Rows to validate on after every epoch; the best epoch is kept. Null: none.</param>
    /// <returns>The estimator, to append to a pipeline.</returns>
    /// <exception cref="ArgumentException">A parameter is out of range; the message names all that are.</exception>
    public static EvaLoraTextClassificationEstimator EvaLora(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string labelColumnName = "Label",
        string scoreColumnName = "Score",
        string outputColumnName = "PredictedLabel",
        string sentence1ColumnName = "Sentence1",
        string? sentence2ColumnName = null,
        int epochs = 3,
        int rank = 8,
        double learningRate = 1e-3,
        IDataView? validationSet = null) => catalog.EvaLora(new EvaLoraTextOptions
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

    /// <summary>Fine-tunes a pretrained transformer to classify texts or pairs of texts, with everything to choose.</summary>
    /// <param name="catalog">The catalog, <c>mlContext.MulticlassClassification.Trainers</c>.</param>
    /// <param name="options">The options; they are copied.</param>
    /// <returns>The estimator, to append to a pipeline.</returns>
    /// <exception cref="ArgumentException">An option is out of range; the message names all that are.</exception>
    public static EvaLoraTextClassificationEstimator EvaLora(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        EvaLoraTextOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(options);
        return new EvaLoraTextClassificationEstimator(CatalogUtils.GetEnvironment(catalog), options);
    }

    /// <summary>
    /// Fine-tunes a pretrained network (ResNet-18 with ImageNet weights, from the NuGet package
    /// Microsoft.ML.DnnImageFeaturizer.ResNet18) to classify pictures, with low-rank adapters that start from the principal
    /// components of the training data's activations (EVA, arXiv 2410.07170; for convolutions: docs/image-classification.md).
    /// </summary>
    /// <param name="catalog">The catalog, <c>mlContext.MulticlassClassification.Trainers</c>.</param>
    /// <param name="labelColumnName">The label: a key, as <c>Conversion.MapValueToKey</c> makes it.</param>
    /// <param name="scoreColumnName">The added column of probabilities, with the classes' names as slot names.</param>
    /// <param name="outputColumnName">The added column of the most probable class, a key with the label's values.</param>
    /// <param name="imageColumnName">The column of pictures: <c>MLImage</c>, bytes of picture files or their paths.</param>
    /// <param name="epochs">How often the training rows are gone through, 1 to 10,000.</param>
    /// <param name="rank">The adapters' mean rank, 1 to 1,024.</param>
    /// <param name="learningRate">The highest learning rate.</param>
    /// <param name="validationSet">Rows to validate on after every epoch; the best epoch is kept. Null: none.</param>
    /// <returns>The estimator, to append to a pipeline.</returns>
    /// <exception cref="ArgumentException">A parameter is out of range; the message names all that are.</exception>
    public static EvaLoraImageClassificationEstimator EvaLoraImage(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string labelColumnName = "Label",
        string scoreColumnName = "Score",
        string outputColumnName = "PredictedLabel",
        string imageColumnName = "Image",
        int epochs = 3,
        int rank = 8,
        double learningRate = 1e-3,
        IDataView? validationSet = null) => catalog.EvaLoraImage(new EvaLoraImageOptions
        {
            LabelColumnName = labelColumnName,
            ScoreColumnName = scoreColumnName,
            PredictionColumnName = outputColumnName,
            ImageColumnName = imageColumnName,
            Adapter = new LoraOptions { Rank = rank, Alpha = rank },
            Training = new TrainingOptions { Epochs = epochs, LearningRate = learningRate },
            ValidationSet = validationSet,
        });

    /// <summary>Fine-tunes a pretrained network to classify pictures, with everything to choose.</summary>
    /// <param name="catalog">The catalog, <c>mlContext.MulticlassClassification.Trainers</c>.</param>
    /// <param name="options">The options; they are copied.</param>
    /// <returns>The estimator, to append to a pipeline.</returns>
    /// <exception cref="ArgumentException">An option is out of range; the message names all that are.</exception>
    public static EvaLoraImageClassificationEstimator EvaLoraImage(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        EvaLoraImageOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(options);
        return new EvaLoraImageClassificationEstimator(CatalogUtils.GetEnvironment(catalog), options);
    }
}
