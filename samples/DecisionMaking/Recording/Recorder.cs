using DecisionMaking.World;

namespace DecisionMaking.Recording;

/// <summary>Lets the expert play and writes down what it does.</summary>
internal static class Recorder
{
    // The expert's pushes are disturbed but written down as they were meant: so the data shows how to come back from mistakes.
    private const double Disturbance = 0.3;

    /// <summary>Episodes of a task; those the expert does not solve are left out.</summary>
    public static List<StepRow> Record(TableTask task, int episodes, int firstSeed)
    {
        var rows = new List<StepRow>();
        for (var i = 0; i < episodes; i++)
        {
            var (episode, isSolved) = Play(task, firstSeed + i);
            if (isSolved)
                rows.AddRange(episode);
        }
        return rows;
    }

    private static (List<StepRow> Rows, bool IsSolved) Play(TableTask task, int seed)
    {
        var table = new Table(task);
        var expert = new Expert(table);
        var random = new Random(seed);
        var rows = new List<StepRow>();
        var state = table.Reset(seed);
        while (true)
        {
            var action = expert.Act();
            var disturbed = new[] { Disturb(action[0]), Disturb(action[1]), action[2] };
            var step = table.Step(disturbed);
            rows.Add(new StepRow { Episode = $"{task.Name} {seed}", Reward = (float)step.Reward, State = state, Action = action });
            if (step.IsDone)
                return (rows, step.IsSuccess);
            state = step.State;
        }

        float Disturb(float push) => (float)(push + Disturbance * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
    }
}
