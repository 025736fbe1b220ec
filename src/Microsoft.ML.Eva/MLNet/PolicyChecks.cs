using System.Globalization;
using Microsoft.ML.Eva.Backbones.DecisionTransformer;
using Microsoft.ML.Eva.Data.Trajectories;

namespace Microsoft.ML.Eva.MLNet;

/// <summary>Whether episodes and a network fit together.</summary>
internal static class PolicyChecks
{
    /// <summary>Throws unless states and actions have the sizes that the network was made for.</summary>
    public static void CheckSizes(StepColumns found, DecisionTransformerConfig network, string checkpoint, PolicyColumns names)
    {
        if (found != network.Columns)
            throw new ArgumentException($"Column '{names.State}' has {found.StateSize} numbers and column '{names.Action}' {found.ActionSize}; {checkpoint} was made for states of {network.StateSize} and actions of {network.ActionSize}.");
    }

    /// <summary>Throws if an episode goes on for longer than the network's table of time steps.</summary>
    public static void CheckTimes(TrajectorySet steps, DecisionTransformerConfig network, string what)
    {
        if (steps.LastTime >= network.MaxSteps)
            throw new ArgumentException($"An episode of the {what} data has time step {steps.LastTime}; the network knows those from 0 to {network.MaxSteps - 1} (max_ep_len {network.MaxSteps}).");
    }

    /// <summary>Throws if an action cannot come out of a network that ends with tanh.</summary>
    public static void CheckActions(TrajectorySet steps, DecisionTransformerConfig network, string what, PolicyColumns names)
    {
        if (!network.IsActionBounded)
            return;
        for (var step = 0; step < steps.StepCount; step++)
            foreach (var value in steps.ActionAt(step))
                if (Math.Abs(value) > 1)
                    throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                        $"Column '{names.Action}' of the {what} data holds {value}; the network's actions lie between -1 and 1. Scale the actions, or pretrain with {nameof(DecisionTransformerOptions)}.{nameof(DecisionTransformerOptions.HasBoundedActions)} false."));
    }
}
