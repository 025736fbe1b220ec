using Microsoft.ML.Runtime;

namespace Microsoft.ML.Eva;

/// <summary>The trainers of policies: <c>mlContext.DecisionMaking().Trainers</c>.</summary>
public sealed class DecisionMakingTrainers
{
    private readonly IHostEnvironment _environment;

    internal DecisionMakingTrainers(IHostEnvironment environment) => _environment = environment;

    /// <summary>Trains a Decision Transformer (Chen et al., 2021, arXiv 2106.01345) from random weights, on episodes of one task or many.</summary>
    /// <param name="options">The network, the columns and the training; they are copied. Null: the defaults.</param>
    /// <returns>The estimator.</returns>
    /// <exception cref="ArgumentException">An option is out of range; the message names all that are.</exception>
    public PolicyEstimator DecisionTransformer(DecisionTransformerOptions? options = null) => new(_environment, options ?? new DecisionTransformerOptions());

    /// <summary>Adapts a pretrained Decision Transformer to a task, by default with low-rank adapters that start from the principal components of the task's activations (EVA, arXiv 2410.07170).</summary>
    /// <param name="options">The checkpoint, the method, the columns and the training; they are copied.</param>
    /// <returns>The estimator.</returns>
    /// <exception cref="ArgumentException">An option is out of range; the message names all that are.</exception>
    public PolicyEstimator EvaLora(EvaLoraPolicyOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new PolicyEstimator(_environment, options);
    }
}
