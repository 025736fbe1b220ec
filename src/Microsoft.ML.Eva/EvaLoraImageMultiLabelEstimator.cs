using Microsoft.ML.Eva.Fitting;
using Microsoft.ML.Eva.MLNet;
using Microsoft.ML.Eva.MLNet.Targets;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Eva;

/// <summary>
/// Fine-tunes a pretrained network to give pictures any of several labels at once: what is to be seen in them. Made by
/// <c>mlContext.MulticlassClassification.Trainers.EvaLoraImageMultiLabel</c>.
/// </summary>
/// <remarks>
/// <para>Input and output columns:</para>
/// <list type="table">
/// <listheader><term>Column</term><description>Type</description></listheader>
/// <item><term>Label</term><description>vector of booleans of known size, one slot per label; its slot names are the labels' names</description></item>
/// <item><term>Image</term><description><c>MLImage</c> (<c>LoadImages</c>), a vector of bytes (<c>LoadRawImageBytes</c>) or text (a file's path)</description></item>
/// <item><term>PredictedLabel (added)</term><description>vector of booleans with slot names: which probabilities reach <see cref="EvaLoraOptions.Threshold"/></description></item>
/// <item><term>Score (added)</term><description>vector of probabilities with slot names; each is its label's own, they need not add up to 1</description></item>
/// </list>
/// <para>Trainer characteristics: multi-label classification, trained on binary cross-entropy, validated by micro F1; needs no normalisation or caching (rows are read once; paths and bytes are decoded anew in every epoch, <c>MLImage</c>s are held as pixels); runs on CPU or
/// CUDA (<c>MLContext.GpuDeviceId</c>); beside Microsoft.ML it needs one of TorchSharp's backend packages; results on the CPU are the same for the same seed.</para>
/// <para><see cref="Fit(IDataView)"/> changes nothing in the estimator: fitting twice gives the same model twice.</para>
/// </remarks>
public sealed class EvaLoraImageMultiLabelEstimator : IEstimator<EvaTransformer>
{
    private readonly EvaLoraImageOptions _options;
    private readonly ModelFit _fit;

    internal EvaLoraImageMultiLabelEstimator(IHostEnvironment environment, EvaLoraImageOptions options)
    {
        _options = options.Snapshot(nameof(options), LearningTask.MultiLabel);
        _fit = new ModelFit(environment.Register(nameof(EvaLoraImageMultiLabelEstimator)), _options, new ImageModality(_options), new LabelSetTarget(_options));
    }

    /// <summary>Fine-tunes on the rows of <paramref name="input"/>.</summary>
    /// <returns>The fitted model, with its adapters merged.</returns>
    /// <exception cref="ArgumentException">A column is missing or has the wrong type, or there is no row.</exception>
    /// <exception cref="InvalidDataException">A picture cannot be read; the message names the row and, for paths, the file.</exception>
    public EvaTransformer Fit(IDataView input) => Fit(input, _options.ValidationSet);

    /// <summary>Fine-tunes on the rows of <paramref name="trainSet"/> and keeps the weights of the epoch that is best on <paramref name="validationSet"/>.</summary>
    /// <inheritdoc cref="Fit(IDataView)"/>
    public EvaTransformer Fit(IDataView trainSet, IDataView? validationSet) => _fit.Run(trainSet, validationSet);

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema) => _fit.GetOutputSchema(inputSchema);
}
