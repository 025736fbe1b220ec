namespace Microsoft.ML.Eva.Data.Trajectories;

/// <summary>Gathers episodes step by step.</summary>
internal sealed class TrajectoryBuilder(StepColumns columns)
{
    private readonly List<int> _starts = [];
    private readonly List<double> _returns = [];
    private readonly List<int> _times = [];
    private readonly List<float> _states = [];
    private readonly List<float> _actions = [];

    /// <summary>Number of steps so far.</summary>
    public int StepCount => _times.Count;

    /// <summary>The steps that follow are another episode's.</summary>
    public void StartEpisode() => _starts.Add(_times.Count);

    /// <summary>Adds a step to the episode.</summary>
    public void AddStep(double returnToGo, int time, ReadOnlySpan<float> state, ReadOnlySpan<float> action)
    {
        _returns.Add(returnToGo);
        _times.Add(time);
        _states.AddRange(state);
        _actions.AddRange(action);
    }

    /// <summary>Makes returns-to-go of the rewards that the episode's steps were added with: each step's is the sum from there to the end.</summary>
    public void SumRewards()
    {
        for (var step = _returns.Count - 2; step >= _starts[^1]; step--)
            _returns[step] += _returns[step + 1];
    }

    /// <summary>All that was gathered.</summary>
    public TrajectorySet Build() => new(columns, [.. _starts, _times.Count], [.. _returns], [.. _times], [.. _states], [.. _actions]);
}
