using Microsoft.ML.Data;
using Microsoft.ML.Eva.Data.Trajectories;

namespace Microsoft.ML.Eva.Tests.Decisions;

public sealed class PolicyActorTests : IClassFixture<PretrainedFolder>, IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly PolicyTransformer _policy;

    public PolicyActorTests(PretrainedFolder pretrained) => _policy = _ml.DecisionMaking().Trainers.EvaLora(Policies.Tuned(pretrained, epochs: 1)).Fit(_ml.Data());

    public void Dispose() => _policy.Dispose();

    [Fact]
    public void Act_StepByStep_IsWhatTransformSaysOfTheSameEpisode()
    {
        var actor = _policy.CreateActor(targetReturn: 0.7);
        var rows = new List<Recorded>();
        foreach (var seed in Enumerable.Range(0, 10))
        {
            var world = new LineWorld();
            var (state, reward, isDone) = (world.Reset(seed), 0.0, false);
            actor.Reset();
            while (!isDone)
            {
                var action = actor.Act(state, reward);
                rows.Add(new Recorded { Episode = seed, Return = actor.ReturnToGo, State = state, Action = action });
                var step = world.Step(action);
                (state, reward, isDone) = (step.State, step.Reward, step.IsDone || rows.Count(row => row.Episode == seed) > 9);
            }
        }
        var columns = new PolicyColumns { Episode = "Episode", Return = "Return", IsReward = false, State = "State", Action = "Action", Prediction = "PredictedAction" };
        var transformer = new PolicyTransformer(_ml, _policy.Policy, columns, WeightFormat.Float32, null);

        var acted = transformer.Actions(_ml.Data.LoadFromEnumerable(rows));

        Assert.Contains(rows.CountBy(row => row.Episode), episode => episode.Value > _policy.ContextSteps);
        Assert.Equal(rows.Count, acted.Length);
        Assert.All(rows.Zip(acted), pair => Assert.Equal(pair.First.Action[0], pair.Second, 1e-5f));
    }

    [Fact]
    public void ReturnToGo_FallsByWhatWasEarned()
    {
        var actor = _policy.CreateActor(targetReturn: 2);

        actor.Act([0, 0]);
        actor.Act([0, 0], reward: 0.5);
        actor.Act([0, 0], reward: -0.25);

        Assert.Equal((2, 1.75, 3), (actor.TargetReturn, actor.ReturnToGo, actor.StepCount));
        actor.Reset();
        Assert.Equal((2, 2, 0), (actor.TargetReturn, actor.ReturnToGo, actor.StepCount));
        actor.Reset(5);
        Assert.Equal(5, actor.TargetReturn);
        Assert.Equal(_policy.BestReturn, _policy.CreateActor().TargetReturn);
    }

    [Fact]
    public void Reset_AfterAnEpisode_ForgetsIt()
    {
        var (used, fresh) = (_policy.CreateActor(), _policy.CreateActor());
        for (var i = 0; i < 7; i++)
            used.Act([0.1f * i, -0.5f]);
        used.Reset();

        Assert.Equal(fresh.Act([0.3f, 0.2f]), used.Act([0.3f, 0.2f]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(64)]
    public void Evaluate_WhateverTheBatch_GivesWhatSingleActorsGet(int batchSize)
    {
        var metrics = _ml.DecisionMaking().Evaluate(_policy, () => new LineWorld(), new PolicyEvaluationOptions { Episodes = 20, FirstSeed = 40, BatchSize = batchSize, TargetReturn = 0.8 });

        foreach (var episode in metrics.Episodes)
        {
            var (world, actor) = (new LineWorld(), _policy.CreateActor(0.8));
            var (state, reward, sum, step) = (world.Reset(episode.Seed), 0.0, 0.0, default(EnvironmentStep));
            while (!step.IsDone)
            {
                step = world.Step(actor.Act(state, reward));
                (state, reward, sum) = (step.State, step.Reward, sum + step.Reward);
            }
            Assert.Equal((actor.StepCount, step.IsSuccess), (episode.Steps, episode.IsSuccess));
            Assert.Equal(sum, episode.Return, 1e-4);
        }
        Assert.Equal(20, metrics.Episodes.Count);
        Assert.Contains(metrics.Episodes.Select(episode => episode.Steps).Distinct(), steps => steps > _policy.ContextSteps);
    }

    [Fact]
    public void Evaluate_StepLimitAndEnvironments_AreKept()
    {
        var disposed = LineWorld.Disposed;

        var metrics = _ml.DecisionMaking().Evaluate(_policy, () => new LineWorld(), new PolicyEvaluationOptions { Episodes = 9, MaxSteps = 1, BatchSize = 4 });

        Assert.All(metrics.Episodes, episode => Assert.Equal(1, episode.Steps));
        Assert.True(LineWorld.Disposed >= disposed + 9);
    }

    [Fact]
    public void Evaluate_Cancelled_Throws()
    {
        using var stop = new CancellationTokenSource();
        stop.Cancel();

        Assert.Throws<OperationCanceledException>(() => _ml.DecisionMaking().Evaluate(_policy, () => new LineWorld(), new PolicyEvaluationOptions { CancellationToken = stop.Token }));
    }

    [Fact]
    public void ManyThreads_WithAnActorEach_GetTheSingleThreadedActions()
    {
        var expected = Rollout(5);

        Parallel.For(0, 16, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ =>
            Assert.All(Rollout(5).Zip(expected), pair => Assert.Equal(pair.First, pair.Second, 1e-5f)));
    }

    [Fact]
    public void Dispose_EndsActorsAndTransforms()
    {
        var policy = _ml.DecisionMaking().Trainers.DecisionTransformer(Policies.New(epochs: 1)).Fit(_ml.Data(episodes: 4));
        var actor = policy.CreateActor();
        var view = policy.Transform(_ml.Data(episodes: 2));

        policy.Dispose();
        policy.Dispose();

        Assert.Throws<ObjectDisposedException>(() => actor.Act([0, 0]));
        Assert.Throws<ObjectDisposedException>(() => policy.CreateActor());
        Assert.Throws<ObjectDisposedException>(() => policy.Transform(_ml.Data(episodes: 2)));
        Assert.Throws<ObjectDisposedException>(() => policy.SaveCheckpoint("nowhere"));
        Assert.Throws<ObjectDisposedException>(() => view.GetColumn<float[]>("PredictedAction").Count());
    }

    [Fact]
    public void Act_BadInput_NamesIt()
    {
        var actor = _policy.CreateActor();

        Assert.Contains("has 3 numbers; this policy was made for 2", Assert.Throws<ArgumentException>(() => actor.Act([1, 2, 3])).Message, StringComparison.Ordinal);
        Assert.Contains("is NaN at place 1", Assert.Throws<ArgumentException>(() => actor.Act([1, float.NaN])).Message, StringComparison.Ordinal);
        Assert.Contains("The reward is 1; it must be finite, and 0 at an episode's first step", Assert.Throws<ArgumentException>(() => actor.Act([1, 1], reward: 1)).Message, StringComparison.Ordinal);
        Assert.Contains("The target return is", Assert.Throws<ArgumentException>(() => actor.Reset(double.PositiveInfinity)).Message, StringComparison.Ordinal);
        Assert.Equal(0, actor.StepCount);
        for (var i = 0; i < 32; i++)
            actor.Act([0, 0]);
        Assert.Contains("has had 32 steps, all that this policy knows", Assert.Throws<InvalidOperationException>(() => actor.Act([0, 0])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluate_BadOptionsOrEnvironments_NamesThem()
    {
        var decisions = _ml.DecisionMaking();

        var fault = Assert.Throws<ArgumentException>(() => decisions.Evaluate(_policy, () => new LineWorld(), new PolicyEvaluationOptions { Episodes = 0, BatchSize = 0, MaxSteps = 0, TargetReturn = double.NaN }));
        foreach (var option in new[] { "Episodes is 0", "BatchSize is 0", "MaxSteps is 0", "TargetReturn is NaN" })
            Assert.Contains(option, fault.Message, StringComparison.Ordinal);
        Assert.Contains("FirstSeed", Assert.Throws<ArgumentException>(() => decisions.Evaluate(_policy, () => new LineWorld(), new PolicyEvaluationOptions { FirstSeed = int.MaxValue })).Message, StringComparison.Ordinal);
        Assert.Contains("gave null instead of an environment", Assert.Throws<ArgumentException>(() => decisions.Evaluate(_policy, () => null!)).Message, StringComparison.Ordinal);
        Assert.Contains("has 3 numbers; this policy was made for 2", Assert.Throws<ArgumentException>(() => decisions.Evaluate(_policy, () => new WideWorld())).Message, StringComparison.Ordinal);
    }

    private List<float> Rollout(int seed)
    {
        var (world, actor, actions) = (new LineWorld(), _policy.CreateActor(), new List<float>());
        var (state, reward) = (world.Reset(seed), 0.0);
        for (var isDone = false; !isDone;)
        {
            var action = actor.Act(state, reward);
            var step = world.Step(action);
            (state, reward, isDone) = (step.State, step.Reward, step.IsDone);
            actions.Add(action[0]);
        }
        return actions;
    }

    private sealed class WideWorld : IEnvironment
    {
        public float[] Reset(int seed) => [0, 0, 0];

        public EnvironmentStep Step(ReadOnlySpan<float> action) => new([0, 0, 0], 0, false, false);
    }

    private sealed class Recorded
    {
        public int Episode { get; set; }

        public double Return { get; set; }

        [VectorType(2)]
        public float[] State { get; set; } = [];

        [VectorType(1)]
        public float[] Action { get; set; } = [];
    }
}
