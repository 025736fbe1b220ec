using Microsoft.ML.Eva.Scoring;

namespace Microsoft.ML.Eva;

/// <summary>
/// A policy acting in one environment: remembers the last steps, and what of the target return is still to be earned. One thread at a
/// time; for several environments make several, they share the policy's weights.
/// </summary>
public sealed class PolicyActor
{
    private readonly PolicyNetwork _policy;
    private readonly StepHistory _history;

    internal PolicyActor(PolicyNetwork policy, double targetReturn)
    {
        _policy = policy;
        _history = new StepHistory(policy.Settings, policy.Config.Columns);
        Reset(targetReturn);
    }

    /// <summary>Gets the return that the present episode aims at.</summary>
    public double TargetReturn { get; private set; }

    /// <summary>Gets what of the target is still to be earned, as of the last <see cref="Act"/>.</summary>
    public double ReturnToGo { get; private set; }

    /// <summary>Gets the number of actions chosen in the present episode.</summary>
    public int StepCount { get; private set; }

    /// <summary>Begins a new episode.</summary>
    /// <param name="targetReturn">The return to aim at; null: the same as before.</param>
    /// <exception cref="ArgumentException">The target is not finite.</exception>
    public void Reset(double? targetReturn = null)
    {
        var target = targetReturn ?? TargetReturn;
        if (!double.IsFinite(target))
            throw new ArgumentException($"The target return is {target}; it must be finite.", nameof(targetReturn));
        (TargetReturn, ReturnToGo, StepCount) = (target, target, 0);
        _history.Clear();
    }

    /// <summary>The action to take in a state.</summary>
    /// <param name="state">The state, as many numbers as <see cref="PolicyTransformer.StateSize"/>. It is copied.</param>
    /// <param name="reward">What the action before earned; 0 for the first of an episode.</param>
    /// <returns>A fresh array of <see cref="PolicyTransformer.ActionSize"/> numbers.</returns>
    /// <exception cref="ArgumentException">The state has another size, a number is not finite, or the first step of an episode has a reward.</exception>
    /// <exception cref="InvalidOperationException">The episode has more steps than the policy knows.</exception>
    /// <exception cref="ObjectDisposedException">The policy has been disposed.</exception>
    public float[] Act(ReadOnlySpan<float> state, double reward = 0)
    {
        Begin(state, reward);
        var action = _policy.Act([_history])[0];
        Complete(action);
        return action;
    }

    /// <summary>The steps remembered.</summary>
    internal StepHistory History => _history;

    /// <summary>The first half of <see cref="Act"/>: notes what has come of the last action.</summary>
    internal void Begin(ReadOnlySpan<float> state, double reward)
    {
        if (state.Length != _policy.Config.StateSize)
            throw new ArgumentException($"The state has {state.Length} numbers; this policy was made for {_policy.Config.StateSize}.", nameof(state));
        for (var i = 0; i < state.Length; i++)
            if (!float.IsFinite(state[i]))
                throw new ArgumentException($"The state is {state[i]} at place {i}; every number must be finite.", nameof(state));
        if (!double.IsFinite(reward) || (StepCount == 0 && reward != 0))
            throw new ArgumentException($"The reward is {reward}; it must be finite, and 0 at an episode's first step, before which nothing was done.", nameof(reward));
        if (StepCount >= _policy.Config.MaxSteps)
            throw new InvalidOperationException($"The episode has had {StepCount} steps, all that this policy knows. Call {nameof(Reset)}, or pretrain with a larger {nameof(DecisionTransformerOptions)}.{nameof(DecisionTransformerOptions.MaxSteps)}.");
        ReturnToGo -= reward;
        _history.Begin(ReturnToGo, StepCount, state);
    }

    /// <summary>The second half of <see cref="Act"/>: notes the action.</summary>
    internal void Complete(ReadOnlySpan<float> action)
    {
        _history.Complete(action);
        StepCount++;
    }
}
