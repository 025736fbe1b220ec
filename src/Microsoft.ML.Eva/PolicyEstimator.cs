using Microsoft.ML.Eva.Fitting;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Eva;

/// <summary>
/// Learns a policy from recorded episodes: a Decision Transformer from scratch, or a pretrained one adapted to a task. Made by
/// <c>mlContext.DecisionMaking().Trainers</c>.
/// </summary>
/// <remarks>
/// <para>Input and output columns; one row is one step, the rows of an episode stand together in the order of time:</para>
/// <list type="table">
/// <listheader><term>Column</term><description>Type</description></listheader>
/// <item><term>Episode</term><description>text, a key or a whole number</description></item>
/// <item><term>Reward, or return-to-go</term><description>Single or Double</description></item>
/// <item><term>State, Action</term><description>vectors of Single of known size</description></item>
/// <item><term>time step (optional)</term><description>Int32 or Int64</description></item>
/// <item><term>PredictedAction (added)</term><description>vector of Single: the action the policy takes there, given the recorded steps before</description></item>
/// </list>
/// <para>Trainer characteristics: needs no normalisation (states are normalised by their mean and deviation, which the model keeps) and no
/// caching; runs on CPU or CUDA (<c>MLContext.GpuDeviceId</c>); results on the CPU are the same for the same seed.</para>
/// <para><see cref="Fit(IDataView)"/> changes nothing in the estimator: fitting twice gives the same model twice.</para>
/// </remarks>
public sealed class PolicyEstimator : IEstimator<PolicyTransformer>
{
    private readonly PolicyOptions _options;
    private readonly PolicyFit _fit;

    internal PolicyEstimator(IHostEnvironment environment, PolicyOptions options)
    {
        _options = options.Snapshot(nameof(options));
        _fit = new PolicyFit(environment.Register(nameof(PolicyEstimator)), _options);
    }

    /// <summary>Trains on the episodes of <paramref name="input"/>.</summary>
    /// <returns>The fitted policy, with its adapters merged.</returns>
    /// <exception cref="ArgumentException">A column is missing or has the wrong type or size, a number is not finite, or the data does not fit the checkpoint.</exception>
    /// <exception cref="InvalidDataException">The checkpoint is broken or no Decision Transformer.</exception>
    public PolicyTransformer Fit(IDataView input) => Fit(input, _options.ValidationSet);

    /// <summary>Trains on the episodes of <paramref name="trainSet"/> and keeps the weights of the epoch whose actions are nearest to those of <paramref name="validationSet"/>.</summary>
    /// <inheritdoc cref="Fit(IDataView)"/>
    public PolicyTransformer Fit(IDataView trainSet, IDataView? validationSet) => _fit.Run(trainSet, validationSet);

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema) => _fit.GetOutputSchema(inputSchema);
}
