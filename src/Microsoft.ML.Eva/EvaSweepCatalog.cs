using Microsoft.ML.Data;
using Microsoft.ML.Eva;

namespace Microsoft.ML;

/// <summary>Puts sweeps among ML.NET's trainers: EVA's own, and what ML.NET's AutoML needs for its.</summary>
public static class EvaSweepCatalog
{
    /// <summary>
    /// Tries combinations of rank, rho, learning rate or whatever else, and returns the best model. One EVA warm-up and one frozen network
    /// serve all trials, rows are read once, and trials that fall behind are given up early (successive halving).
    /// </summary>
    /// <param name="catalog">The catalog, <c>mlContext.MulticlassClassification.Trainers</c>.</param>
    /// <param name="options">The options; they are copied.</param>
    /// <returns>The sweep: an estimator to append to a pipeline, or to run for a table of all trials.</returns>
    /// <exception cref="ArgumentException">An option is out of range; the message names all that are.</exception>
    public static EvaLoraSweep EvaLoraSweep(this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, EvaLoraSweepOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(options);
        return new EvaLoraSweep(CatalogUtils.GetEnvironment(catalog), options, LearningTask.Classification);
    }

    /// <summary>The same for numbers: trials are compared by Pearson's correlation.</summary>
    /// <param name="catalog">The catalog, <c>mlContext.Regression.Trainers</c>.</param>
    /// <param name="options">The options; they are copied.</param>
    /// <returns>The sweep: an estimator to append to a pipeline, or to run for a table of all trials.</returns>
    /// <exception cref="ArgumentException">An option is out of range; the message names all that are.</exception>
    public static EvaLoraSweep EvaLoraSweep(this RegressionCatalog.RegressionTrainers catalog, EvaLoraSweepOptions options)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(options);
        return new EvaLoraSweep(CatalogUtils.GetEnvironment(catalog), options, LearningTask.Regression);
    }

    /// <summary>
    /// Fine-tunes on texts with what AutoML chose: <c>mlContext.Auto().CreateSweepableEstimator((context, chosen) =>
    /// context.MulticlassClassification.Trainers.EvaLora(chosen), new SearchSpace&lt;EvaLoraTextParameters&gt;())</c>.
    /// </summary>
    /// <param name="catalog">The catalog, <c>mlContext.MulticlassClassification.Trainers</c>.</param>
    /// <param name="parameters">The parameters; they are copied. Numbers out of range are brought into it.</param>
    /// <returns>The estimator, to append to a pipeline.</returns>
    /// <exception cref="ArgumentException">A column's name is empty, the method unknown, or there is no such checkpoint folder.</exception>
    public static EvaLoraTextClassificationEstimator EvaLora(this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, EvaLoraTextParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        return catalog.EvaLora(parameters.ToOptions());
    }

    /// <summary>Fine-tunes on pictures with what AutoML chose, like <see cref="EvaLora"/> on texts.</summary>
    /// <inheritdoc cref="EvaLora"/>
    public static EvaLoraImageClassificationEstimator EvaLoraImage(this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, EvaLoraImageParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        return catalog.EvaLoraImage(parameters.ToOptions());
    }
}
