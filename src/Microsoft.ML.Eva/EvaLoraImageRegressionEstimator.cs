using Microsoft.ML.Eva.Fitting;
using Microsoft.ML.Eva.MLNet;
using Microsoft.ML.Eva.MLNet.Targets;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Eva;

/// <summary>
/// Fine-tunes a pretrained network to give pictures a number: a grade, an age, a count. Made by
/// <c>mlContext.Regression.Trainers.EvaLoraImage</c>.
/// </summary>
/// <remarks>
/// <para>Input and output columns:</para>
/// <list type="table">
/// <listheader><term>Column</term><description>Type</description></listheader>
/// <item><term>Label</term><description>a number of any type; rows where it is missing (NaN) or infinite are left out and counted in a warning</description></item>
/// <item><term>Image</term><description><c>MLImage</c> (<c>LoadImages</c>), a vector of bytes (<c>LoadRawImageBytes</c>) or text (a file's path)</description></item>
/// <item><term>Score (added)</term><description>the number, a <see cref="float"/> on the label's own scale</description></item>
/// </list>
/// <para>Trainer characteristics: regression, trained on the mean squared error of labels scaled to mean 0 and deviation 1, validated by Pearson's correlation; needs no normalisation or caching (rows are read once; paths and bytes are decoded anew in every epoch, <c>MLImage</c>s are held as pixels); runs on CPU or
/// CUDA (<c>MLContext.GpuDeviceId</c>); beside Microsoft.ML it needs one of TorchSharp's backend packages; results on the CPU are the same for the same seed.</para>
/// <para><see cref="Fit(IDataView)"/> changes nothing in the estimator: fitting twice gives the same model twice.</para>
/// </remarks>
public sealed class EvaLoraImageRegressionEstimator : IEstimator<EvaTransformer>
{
    private readonly EvaLoraImageOptions _options;
    private readonly ModelFit _fit;

    internal EvaLoraImageRegressionEstimator(IHostEnvironment environment, EvaLoraImageOptions options)
    {
        _options = options.Snapshot(nameof(options), LearningTask.Regression);
        _fit = new ModelFit(environment.Register(nameof(EvaLoraImageRegressionEstimator)), _options, new ImageModality(_options), new NumberTarget(_options));
    }

    /// <summary>Fine-tunes on the rows of <paramref name="input"/>.</summary>
    /// <returns>The fitted model, with its adapters merged.</returns>
    /// <exception cref="ArgumentException">A column is missing or has the wrong type, or no row has a label.</exception>
    /// <exception cref="InvalidDataException">A picture cannot be read; the message names the row and, for paths, the file.</exception>
    public EvaTransformer Fit(IDataView input) => Fit(input, _options.ValidationSet);

    /// <summary>Fine-tunes on the rows of <paramref name="trainSet"/> and keeps the weights of the epoch that is best on <paramref name="validationSet"/>.</summary>
    /// <inheritdoc cref="Fit(IDataView)"/>
    public EvaTransformer Fit(IDataView trainSet, IDataView? validationSet) => _fit.Run(trainSet, validationSet);

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema) => _fit.GetOutputSchema(inputSchema);
}
