using Microsoft.ML.Runtime;

namespace Microsoft.ML.Eva;

/// <summary>Learning to act from recorded episodes, beside ML.NET's own catalogs. Got by <c>mlContext.DecisionMaking()</c>.</summary>
public sealed class DecisionMakingCatalog
{
    internal DecisionMakingCatalog(IHostEnvironment environment) => Trainers = new DecisionMakingTrainers(environment);

    /// <summary>Gets the trainers of policies.</summary>
    public DecisionMakingTrainers Trainers { get; }

    /// <summary>Lets a policy act in environments and counts what it solves. Environments run side by side, their actions chosen in one pass of the network.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="createEnvironment">Makes an environment; called once per episode.</param>
    /// <param name="options">Episodes, seeds, target return; they are copied. Null: the defaults.</param>
    /// <returns>Success rate, returns and every episode.</returns>
    /// <exception cref="ArgumentException">An option is out of range, or an environment's states do not fit the policy.</exception>
    /// <exception cref="OperationCanceledException">The options' token was cancelled.</exception>
    public PolicyMetrics Evaluate(PolicyTransformer policy, Func<IEnvironment> createEnvironment, PolicyEvaluationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(createEnvironment);
        return new PolicyEvaluator(policy, (options ?? new PolicyEvaluationOptions()).Snapshot(nameof(options))).Run(createEnvironment);
    }
}
