using Microsoft.ML.Eva.Fitting;
using Microsoft.ML.Eva.MLNet;
using Microsoft.ML.Eva.MLNet.Targets;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Eva;

/// <summary>
/// Fine-tunes a pretrained transformer to classify texts or pairs of texts. Made by
/// <c>mlContext.MulticlassClassification.Trainers.EvaLora</c>.
/// </summary>
/// <remarks>
/// <para>Input and output columns:</para>
/// <list type="table">
/// <listheader><term>Column</term><description>Type</description></listheader>
/// <item><term>Label</term><description>key with key values; rows with a missing label are left out and counted in a warning</description></item>
/// <item><term>Sentence1, Sentence2</term><description>text; a missing one is an empty text, rows without any are counted in a warning</description></item>
/// <item><term>PredictedLabel (added)</term><description>key with the label's values</description></item>
/// <item><term>Score (added)</term><description>vector of probabilities with slot names</description></item>
/// </list>
/// <para>Trainer characteristics: multiclass classification; needs no normalisation or caching (rows are read once); runs on CPU or
/// CUDA (<c>MLContext.GpuDeviceId</c>); beside Microsoft.ML it needs one of TorchSharp's backend packages; results on the CPU are the same for the same seed.</para>
/// <para><see cref="Fit(IDataView)"/> changes nothing in the estimator: fitting twice gives the same model twice.</para>
/// </remarks>
public sealed class EvaLoraTextClassificationEstimator : IEstimator<EvaTransformer>
{
    private readonly EvaLoraTextOptions _options;
    private readonly ModelFit _fit;

    internal EvaLoraTextClassificationEstimator(IHostEnvironment environment, EvaLoraTextOptions options)
    {
        _options = options.Snapshot(nameof(options));
        _fit = new ModelFit(environment.Register(nameof(EvaLoraTextClassificationEstimator)), _options, new TextModality(_options), new ClassTarget(_options));
    }

    /// <summary>Fine-tunes on the rows of <paramref name="input"/>.</summary>
    /// <returns>The fitted model; its adapters are merged unless <see cref="EvaLoraOptions.MergesAdapter"/> says otherwise.</returns>
    /// <exception cref="ArgumentException">A column is missing or has the wrong type, or no row has a label.</exception>
    public EvaTransformer Fit(IDataView input) => Fit(input, _options.ValidationSet);

    /// <summary>Fine-tunes on the rows of <paramref name="trainSet"/> and keeps the weights of the epoch that is best on <paramref name="validationSet"/>.</summary>
    /// <inheritdoc cref="Fit(IDataView)"/>
    public EvaTransformer Fit(IDataView trainSet, IDataView? validationSet) => _fit.Run(trainSet, validationSet);

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema) => _fit.GetOutputSchema(inputSchema);
}
