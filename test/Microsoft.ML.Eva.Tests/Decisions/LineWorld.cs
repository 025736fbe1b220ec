using Microsoft.ML.Data;

namespace Microsoft.ML.Eva.Tests.Decisions;

/// <summary>A point on a line that is to go to a place: a world that a tiny policy learns in a second. The motor may be the wrong way round.</summary>
internal sealed class LineWorld(double gain = 1) : IEnvironment, IDisposable
{
    public const int MaxSteps = 16;
    private const double Stride = 0.25;

    private double _place;
    private double _goal;
    private int _steps;

    public static int Disposed;

    public float[] Reset(int seed)
    {
        var random = new Random(seed);
        (_place, _goal, _steps) = (2 * random.NextDouble() - 1, 2 * random.NextDouble() - 1, 0);
        return State();
    }

    public EnvironmentStep Step(ReadOnlySpan<float> action)
    {
        _place = Math.Clamp(_place + gain * Stride * Math.Clamp(action[0], -1, 1), -1.5, 1.5);
        _steps++;
        var isThere = Math.Abs(_place - _goal) < 0.08;
        return new EnvironmentStep(State(), isThere ? 1 : -0.05, isThere || _steps >= MaxSteps, isThere);
    }

    public void Dispose() => Interlocked.Increment(ref Disposed);

    public float[] Expert() => [(float)Math.Clamp((_goal - _place) / Stride / gain, -1, 1)];

    /// <summary>Episodes of the expert, the rows in their order.</summary>
    public static List<StepRow> Record(int episodes = 60, int firstSeed = 1000, double gain = 1)
    {
        var rows = new List<StepRow>();
        for (var episode = 0; episode < episodes; episode++)
        {
            var world = new LineWorld(gain);
            var state = world.Reset(firstSeed + episode);
            for (var isDone = false; !isDone;)
            {
                var action = world.Expert();
                var step = world.Step(action);
                rows.Add(new StepRow { Episode = $"e{episode}", Reward = (float)step.Reward, State = state, Action = action, Time = rows.Count == 0 || rows[^1].Episode != $"e{episode}" ? 0 : rows[^1].Time + 1 });
                (state, isDone) = (step.State, step.IsDone);
            }
        }
        return rows;
    }

    private float[] State() => [(float)_place, (float)_goal];

    internal sealed class StepRow
    {
        public string Episode { get; set; } = "";

        public float Reward { get; set; }

        public int Time { get; set; }

        [VectorType(2)]
        public float[] State { get; set; } = [];

        [VectorType(1)]
        public float[] Action { get; set; } = [];
    }

    internal sealed class ActedRow
    {
        [VectorType(1)]
        public float[] PredictedAction { get; set; } = [];
    }
}
