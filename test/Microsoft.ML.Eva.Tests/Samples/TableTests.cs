using DecisionMaking.World;

namespace Microsoft.ML.Eva.Tests.Samples;

/// <summary>The world of samples/DecisionMaking.</summary>
public sealed class TableTests
{
    public static TheoryData<string> Names => [.. All.Select(task => task.Name)];

    private static IEnumerable<TableTask> All => TableTask.Pretraining.Concat(TableTask.HeldOut);

    [Theory]
    [MemberData(nameof(Names))]
    public void Expert_OnEveryTask_SolvesNearlyAll(string name)
    {
        var task = All.Single(task => task.Name == name);

        var solved = Enumerable.Range(0, 100).Count(seed => Play(task, seed, table => new Expert(table).Act()).IsSolved);

        Assert.InRange(solved, 97, 100);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void PushesAtRandom_OnEveryTask_SolveNextToNothing(string name)
    {
        var task = All.Single(task => task.Name == name);
        var random = new Random(1);

        var solved = Enumerable.Range(0, 100).Count(seed => Play(task, seed, _ => [.. Enumerable.Range(0, 3).Select(_ => (float)(2 * random.NextDouble() - 1))]).IsSolved);

        Assert.InRange(solved, 0, 20);
    }

    [Fact]
    public void Episodes_OfOneSeed_AreTheSame()
    {
        var task = TableTask.HeldOut[0];

        Assert.Equal(Play(task, 5, table => new Expert(table).Act()).Hands, Play(task, 5, table => new Expert(table).Act()).Hands);
        Assert.NotEqual(Play(task, 5, table => new Expert(table).Act()).Hands, Play(task, 6, table => new Expert(table).Act()).Hands);
    }

    [Fact]
    public void Rewards_OfASolvedEpisode_AddUpToOne()
    {
        foreach (var task in All)
            Assert.Equal(1, Play(task, 3, table => new Expert(table).Act()).Return, 1e-9);
    }

    [Fact]
    public void Tasks_HeldOutOnes_DifferFromAllOfPretraining()
    {
        Assert.Equal(16, All.Select(task => string.Join(';', task.Stops)).Distinct().Count());
        Assert.Equal(16, All.Select(task => string.Join(';', task.Marker)).Distinct().Count());
    }

    private static (bool IsSolved, double Return, List<Place> Hands) Play(TableTask task, int seed, Func<Table, float[]> act)
    {
        var table = new Table(task);
        table.Reset(seed);
        var (hands, sum, step) = (new List<Place>(), 0.0, default(EnvironmentStep));
        while (!step.IsDone)
        {
            step = table.Step(act(table));
            sum += step.Reward;
            hands.Add(table.Hand);
            Assert.True((table.Hand - table.Post).Length > Table.PostRadius - 1e-9 || Math.Abs(table.Hand.X) == 1 || Math.Abs(table.Hand.Y) == 1);
        }
        return (step.IsSuccess, sum, hands);
    }
}
