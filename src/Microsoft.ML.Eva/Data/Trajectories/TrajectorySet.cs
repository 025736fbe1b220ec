namespace Microsoft.ML.Eva.Data.Trajectories;

/// <summary>Episodes, their steps one after the other, as they were recorded: nothing is normalised or scaled. Immutable.</summary>
internal sealed class TrajectorySet
{
    private readonly int[] _starts; // the first step of each episode, then the number of steps
    private readonly double[] _returns;
    private readonly int[] _times;
    private readonly float[] _states;
    private readonly float[] _actions;

    /// <summary>Takes the arrays over.</summary>
    /// <param name="columns">Sizes of state and action.</param>
    /// <param name="starts">The first step of each episode, then the number of steps.</param>
    /// <param name="returns">Each step's return-to-go.</param>
    /// <param name="times">Each step's time within its episode.</param>
    /// <param name="states">The states, one after the other.</param>
    /// <param name="actions">The actions, one after the other.</param>
    public TrajectorySet(StepColumns columns, int[] starts, double[] returns, int[] times, float[] states, float[] actions) =>
        (Columns, _starts, _returns, _times, _states, _actions) = (columns, starts, returns, times, states, actions);

    /// <summary>Sizes of state and action.</summary>
    public StepColumns Columns { get; }

    /// <summary>Number of episodes.</summary>
    public int EpisodeCount => _starts.Length - 1;

    /// <summary>Number of steps of all episodes.</summary>
    public int StepCount => _starts[^1];

    /// <summary>Steps of the longest episode.</summary>
    public int LongestEpisode => Enumerable.Range(0, EpisodeCount).Max(episode => EndOf(episode) - StartOf(episode));

    /// <summary>The largest return of an episode: the return-to-go of its first step.</summary>
    public double BestReturn => Enumerable.Range(0, EpisodeCount).Max(episode => _returns[StartOf(episode)]);

    /// <summary>The largest absolute return-to-go of a step.</summary>
    public double LargestReturn => _returns.Max(Math.Abs);

    /// <summary>The latest time of a step.</summary>
    public int LastTime => _times.Max();

    /// <summary>An episode's first step.</summary>
    public int StartOf(int episode) => _starts[episode];

    /// <summary>The step after an episode's last one.</summary>
    public int EndOf(int episode) => _starts[episode + 1];

    /// <summary>The episode that a step belongs to.</summary>
    public int EpisodeOf(int step)
    {
        var found = Array.BinarySearch(_starts, step);
        return found >= 0 ? found : ~found - 1;
    }

    /// <summary>A step's return-to-go.</summary>
    public double ReturnAt(int step) => _returns[step];

    /// <summary>A step's time within its episode.</summary>
    public int TimeAt(int step) => _times[step];

    /// <summary>A step's state.</summary>
    public ReadOnlySpan<float> StateAt(int step) => _states.AsSpan(step * Columns.StateSize, Columns.StateSize);

    /// <summary>A step's action.</summary>
    public ReadOnlySpan<float> ActionAt(int step) => _actions.AsSpan(step * Columns.ActionSize, Columns.ActionSize);

    /// <summary>The episodes that <paramref name="episodes"/> names, in that order.</summary>
    public TrajectorySet Select(IReadOnlyList<int> episodes)
    {
        var builder = new TrajectoryBuilder(Columns);
        foreach (var episode in episodes)
        {
            builder.StartEpisode();
            for (var step = StartOf(episode); step < EndOf(episode); step++)
                builder.AddStep(_returns[step], _times[step], StateAt(step), ActionAt(step));
        }
        return builder.Build();
    }

    /// <summary>Windows whose last steps are those from <paramref name="first"/> up to, but not including, <paramref name="end"/>, with what of the context their episodes have before.</summary>
    public StepWindows WindowsEndingAt(int first, int end, PolicySettings settings)
    {
        var starts = Enumerable.Range(first, end - first).Select(last => Math.Max(StartOf(EpisodeOf(last)), last + 1 - settings.ContextSteps)).ToArray();
        var longest = starts.Select((start, row) => first + row + 1 - start).Max();
        var windows = new StepWindows(Columns, starts.Length, longest);
        for (var row = 0; row < starts.Length; row++)
            CopyTo(windows, row, starts[row], first + row + 1, longest, settings);
        return windows;
    }

    /// <summary>Writes the steps from <paramref name="start"/> up to, but not including, <paramref name="end"/> to the right end of a row of windows, the way a network sees them.</summary>
    public void CopyTo(StepWindows windows, int row, int start, int end, int windowSteps, PolicySettings settings)
    {
        for (var step = start; step < end; step++)
        {
            var place = windowSteps - (end - step);
            settings.Normalize(StateAt(step), windows.State(row, place));
            ActionAt(step).CopyTo(windows.Action(row, place));
            windows.Set(row, place, settings.Scale(_returns[step]), _times[step]);
        }
    }

    /// <summary>
    /// Mean and standard deviation of each number of the states over all steps. A number that hardly varies is divided by 1: dividing
    /// by next to nothing, as the reference does, would blow up the first new value that it takes.
    /// </summary>
    public (float[] Mean, float[] Deviation) StateStatistics()
    {
        var (mean, deviation) = (new float[Columns.StateSize], new float[Columns.StateSize]);
        for (var i = 0; i < Columns.StateSize; i++)
        {
            var sum = 0.0;
            for (var step = 0; step < StepCount; step++)
                sum += StateAt(step)[i];
            var center = sum / StepCount;
            var squares = 0.0;
            for (var step = 0; step < StepCount; step++)
                squares += (StateAt(step)[i] - center) * (StateAt(step)[i] - center);
            var spread = Math.Sqrt(squares / StepCount);
            mean[i] = (float)center;
            deviation[i] = spread > 1e-6 * Math.Max(1, Math.Abs(center)) ? (float)spread : 1;
        }
        return (mean, deviation);
    }
}
