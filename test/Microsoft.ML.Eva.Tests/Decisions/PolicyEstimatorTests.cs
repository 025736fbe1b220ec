using Microsoft.ML.Data;
using Microsoft.ML.Eva.Tests.MLNet;

namespace Microsoft.ML.Eva.Tests.Decisions;

public sealed class PolicyEstimatorTests(PretrainedFolder pretrained) : IClassFixture<PretrainedFolder>
{
    private readonly MLContext _ml = new(seed: 1);

    public static TheoryData<string> Methods => [.. MLNet.Methods.All.Keys];

    [Fact]
    public void DecisionTransformer_OnTheExpertsEpisodes_SolvesNewOnes()
    {
        using var untrained = _ml.DecisionMaking().Trainers.DecisionTransformer(Barely()).Fit(_ml.Data());
        using var policy = _ml.DecisionMaking().Trainers.DecisionTransformer(Policies.New()).Fit(_ml.Data());

        var before = _ml.DecisionMaking().Evaluate(untrained, () => new LineWorld());
        var after = _ml.DecisionMaking().Evaluate(policy, () => new LineWorld());

        Assert.InRange(before.SuccessRate, 0, 0.5);
        Assert.InRange(after.SuccessRate, 0.9, 1);
        Assert.True(after.MeanReturn > before.MeanReturn);
        Assert.Equal(50, after.Episodes.Count);
        Assert.Equal(Enumerable.Range(0, 50), after.Episodes.Select(episode => episode.Seed));
        Assert.Equal("FullFineTuning", policy.Report!.Method);

        static DecisionTransformerOptions Barely()
        {
            var options = Policies.New(epochs: 1);
            options.Training.LearningRate = 1e-9;
            return options;
        }
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void EvaLora_ByEveryMethodOnAReversedMotor_LearnsSavesAndReports(string method)
    {
        var reversed = _ml.Data(gain: -1);
        var options = Policies.Tuned(pretrained, MLNet.Methods.All[method](), epochs: method == "vera" ? 12 : 8);
        options.Training.LearningRate = method == "full" ? 3e-3 : method == "vera" ? 5e-2 : 1e-2;
        using var zeroShot = PolicyTransformer.FromCheckpoint(_ml, options);

        using var policy = _ml.DecisionMaking().Trainers.EvaLora(options).Fit(reversed);
        using var file = new MemoryStream();
        _ml.Model.Save(policy, reversed.Schema, file);
        using var loaded = (PolicyTransformer)_ml.Model.Load(file, out _);

        Assert.True(policy.ActionError(reversed) < 0.25 * zeroShot.ActionError(reversed), $"{policy.ActionError(reversed)} after {zeroShot.ActionError(reversed)}");
        Assert.Equal(policy.Actions(reversed), loaded.Actions(reversed));
        Assert.Equal((policy.BestReturn, policy.ContextSteps, policy.MaxSteps), (loaded.BestReturn, loaded.ContextSteps, loaded.MaxSteps));
        MethodTests.AssertReport(options.Adapter, policy.Report!);
        Assert.Equal(policy.Report!.Losses, loaded.Report!.Losses);
    }

    [Fact]
    public void EvaLora_WithoutLayers_AdaptsTheLinearLayersOfEveryBlock()
    {
        using var policy = _ml.DecisionMaking().Trainers.EvaLora(Policies.Tuned(pretrained, epochs: 1)).Fit(_ml.Data());

        string[] parts = ["attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj"];
        Assert.Equal(Enumerable.Range(0, 2).SelectMany(layer => parts.Select(part => $"encoder.h.{layer}.{part}")), policy.Report!.Ranks.Keys);
    }

    [Fact]
    public void EvaLora_WithEmbeddingsNamed_TrainsThemToo()
    {
        var options = Policies.Tuned(pretrained, epochs: 1);
        options.Adapter.TrainedModules = ["embed_state", "embed_return"];
        using var without = _ml.DecisionMaking().Trainers.EvaLora(Policies.Tuned(pretrained, epochs: 1)).Fit(_ml.Data());

        using var with = _ml.DecisionMaking().Trainers.EvaLora(options).Fit(_ml.Data());

        Assert.Equal(24 * (2 + 1) + 24 * (1 + 1), with.Report!.TrainableParameters - without.Report!.TrainableParameters);
    }

    [Fact]
    public void Fit_Twice_GivesTheSameActions()
    {
        var estimator = new MLContext(seed: 7).DecisionMaking().Trainers.EvaLora(Policies.Tuned(pretrained, epochs: 2));
        var data = _ml.Data();
        using var one = estimator.Fit(data);
        using var two = estimator.Fit(data);

        Assert.Equal(one.Actions(data), two.Actions(data));
        Assert.Equal(one.Report!.Losses, two.Report!.Losses);
    }

    [Fact]
    public void Fit_ContextLongerThanEveryEpisode_IsAsThatOfTheLongest()
    {
        var data = _ml.Data();
        var longest = data.GetColumn<string>("Episode").CountBy(episode => episode).Max(episode => episode.Value);
        using var fitting = _ml.DecisionMaking().Trainers.EvaLora(With(longest)).Fit(data);
        using var longer = _ml.DecisionMaking().Trainers.EvaLora(With(1000)).Fit(data);

        Assert.Equal(fitting.Report!.Losses, longer.Report!.Losses);
        // Scoring makes smaller batches for longer contexts, which rounds differently.
        Assert.All(fitting.Actions(data).Zip(longer.Actions(data)), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));

        EvaLoraPolicyOptions With(int contextSteps)
        {
            var options = Policies.Tuned(pretrained, epochs: 1);
            options.ContextSteps = contextSteps;
            return options;
        }
    }

    [Fact]
    public void Fit_ReturnsToGoInsteadOfRewards_GivesTheSamePolicy()
    {
        var rows = LineWorld.Record();
        var data = _ml.Data.LoadFromEnumerable(rows);
        var returns = rows.Select((row, i) => new ReturnRow { Episode = row.Episode, Return = rows.Skip(i).TakeWhile(later => later.Episode == row.Episode).Reverse().Aggregate(0.0, (sum, later) => sum + later.Reward), Time = row.Time, State = row.State, Action = row.Action }).ToList();
        var options = Policies.Tuned(pretrained, epochs: 1);
        using var fromRewards = _ml.DecisionMaking().Trainers.EvaLora(options).Fit(data);
        (options.ReturnToGoColumnName, options.TimeColumnName) = ("Return", "Time");
        using var fromReturns = _ml.DecisionMaking().Trainers.EvaLora(options).Fit(_ml.Data.LoadFromEnumerable(returns));

        Assert.Equal(fromRewards.Report!.Losses, fromReturns.Report!.Losses);
        Assert.Equal(fromRewards.BestReturn, fromReturns.BestReturn);
    }

    [Fact]
    public void Fit_WithValidation_KeepsTheEpochOfTheSmallestActionError()
    {
        var options = Policies.Tuned(pretrained, epochs: 4);
        options.Training.ValidationFraction = 0.25;

        using var policy = _ml.DecisionMaking().Trainers.EvaLora(options).Fit(_ml.Data(gain: -1));

        var errors = policy.Report!.ValidationMetrics;
        Assert.Equal(4, errors.Count);
        Assert.Equal(errors.Min(), errors[policy.Report.BestEpoch - 1]);
        Assert.Equal(policy.Report.ValidationLosses[0], errors[0], 0.2 * errors[0]);
    }

    [Fact]
    public void Fit_CancelledAndStartedAgain_EndsAsWithoutBreak()
    {
        var folder = Directory.CreateTempSubdirectory("eva-policy-run-");
        var data = _ml.Data();
        using var whole = _ml.DecisionMaking().Trainers.EvaLora(Policies.Tuned(pretrained, epochs: 3)).Fit(data);
        using var stop = new CancellationTokenSource();
        var options = Policies.Tuned(pretrained, epochs: 3);
        (options.Training.CheckpointFolder, options.Training.CancellationToken) = (folder.FullName, stop.Token);
        options.Training.Progress = new Listener(progress =>
        {
            if (progress.Phase == TrainingPhase.Training && progress.Step == 11)
                stop.Cancel();
        });
        using var stopped = _ml.DecisionMaking().Trainers.EvaLora(options).Fit(data);
        (options.Training.CancellationToken, options.Training.Progress) = (CancellationToken.None, null);

        using var resumed = _ml.DecisionMaking().Trainers.EvaLora(options).Fit(data);

        Assert.True(stopped.Report!.IsCancelled);
        Assert.Equal(11, stopped.Report.Losses.Count);
        Assert.Equal(whole.Report!.Losses, resumed.Report!.Losses);
        Assert.Equal(whole.Actions(data), resumed.Actions(data));
        folder.Delete(recursive: true);
    }

    [Fact]
    public void Fit_ContextCancelled_StopsWithinOneStepAndKeepsThePolicy()
    {
        var ml = new MLContext(seed: 1);
        var options = Policies.Tuned(pretrained, epochs: 3);
        options.Training.Progress = new Listener(progress =>
        {
            if (progress.Phase == TrainingPhase.Training && progress.Step == 3)
                MLNet.TinyData.Cancel(ml);
        });

        using var policy = ml.DecisionMaking().Trainers.EvaLora(options).Fit(_ml.Data());

        Assert.True(policy.Report!.IsCancelled);
        Assert.Equal(3, policy.Report.Losses.Count);
    }

    [Fact]
    public void FromCheckpoint_WhatSaveCheckpointWrote_IsTheSamePolicy()
    {
        var data = _ml.Data();
        using var policy = _ml.DecisionMaking().Trainers.DecisionTransformer(Policies.New()).Fit(data);

        using var read = PolicyTransformer.FromCheckpoint(_ml, new EvaLoraPolicyOptions { Checkpoint = pretrained.Checkpoint });

        Assert.Equal(policy.Actions(data), read.Actions(data)); // the folder's policy was trained in the same way
        Assert.Equal((4, 32, policy.BestReturn), (read.ContextSteps, read.MaxSteps, read.BestReturn));
        Assert.Null(read.Report);
    }

    [Fact]
    public void EvaLora_OnOtherEpisodes_KeepsTheCheckpointsContextNormalisationAndScale()
    {
        using var read = PolicyTransformer.FromCheckpoint(_ml, new EvaLoraPolicyOptions { Checkpoint = pretrained.Checkpoint });

        using var tuned = _ml.DecisionMaking().Trainers.EvaLora(Policies.Tuned(pretrained, epochs: 1)).Fit(_ml.Data(episodes: 3));

        Assert.Equal(4, tuned.ContextSteps);
        Assert.Equal(read.Policy.Settings.StateMean, tuned.Policy.Settings.StateMean);
        Assert.Equal(read.Policy.Settings.StateDeviation, tuned.Policy.Settings.StateDeviation);
        Assert.Equal(read.Policy.Settings.ReturnScale, tuned.Policy.Settings.ReturnScale);
    }

    [Fact]
    public void GetOutputSchema_OfEstimatorAndModel_AddTheActions()
    {
        var data = _ml.Data(episodes: 3);
        var estimator = _ml.DecisionMaking().Trainers.EvaLora(Policies.Tuned(pretrained, epochs: 1));

        var shape = estimator.GetOutputSchema(TinyData.ShapeOf(data.Schema));
        using var policy = estimator.Fit(data);

        Assert.Contains(shape, column => column.Name == "PredictedAction" && column.Kind == SchemaShape.Column.VectorKind.Vector && column.ItemType == NumberDataViewType.Single);
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single, 1), policy.Transform(data).Schema["PredictedAction"].Type);
    }

    private sealed class Listener(Action<TrainingProgress> told) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => told(value);
    }

    private sealed class ReturnRow
    {
        public string Episode { get; set; } = "";

        public double Return { get; set; }

        public int Time { get; set; }

        [VectorType(2)]
        public float[] State { get; set; } = [];

        [VectorType(1)]
        public float[] Action { get; set; } = [];
    }
}
