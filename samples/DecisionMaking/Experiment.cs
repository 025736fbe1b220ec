using DecisionMaking.Recording;
using DecisionMaking.World;
using GlueClassification;
using Microsoft.ML;
using Microsoft.ML.Eva;

namespace DecisionMaking;

/// <summary>The two trainings and the test: pretraining on all tasks, fine-tuning on one, acting.</summary>
internal sealed class Experiment(Settings settings)
{
    private const int ContextSteps = 6;
    private const int FirstTestSeed = 1_000_000;
    private const int ValidationEpisodes = 10;

    /// <summary>Trains a new Decision Transformer on the expert's episodes of the twelve tasks and writes it as a checkpoint.</summary>
    public TrainingReport Pretrain(string folder, IProgress<TrainingProgress> progress, CancellationToken stop)
    {
        var ml = new MLContext(seed: 1);
        var episodes = TableTask.Pretraining.SelectMany((task, place) => Recorder.Record(task, settings.PretrainingEpisodes, firstSeed: 10_000 * (place + 1)));
        var trainer = ml.DecisionMaking().Trainers.DecisionTransformer(new DecisionTransformerOptions
        {
            HiddenSize = 64,
            LayerCount = 3,
            HeadCount = 4,
            MaxSteps = Table.MaxSteps,
            ContextSteps = ContextSteps,
            WindowsPerEpoch = 6400,
            Training = new TrainingOptions
            {
                Epochs = settings.PretrainingEpochs,
                BatchSize = 64,
                LearningRate = 1e-3,
                LearningRateDecay = LearningRateDecay.Cosine,
                WeightDecay = 0.01,
                MaxGradientNorm = 0.25,
                Dropout = 0,
                Progress = progress,
                CancellationToken = stop,
            },
        });
        using var policy = trainer.Fit(ml.Data.LoadFromEnumerable(episodes.ToList()));
        policy.SaveCheckpoint(folder);
        return policy.Report!;
    }

    /// <summary>What the pretrained policy solves of its own tasks, in new episodes.</summary>
    public double TestPretraining(string pretrained)
    {
        using var policy = ZeroShot(pretrained);
        return TableTask.Pretraining.Average(task => Test(policy, task).SuccessRate);
    }

    /// <summary>Fine-tunes the pretrained policy on a task.</summary>
    public PolicyTransformer FineTune(string pretrained, TableTask task, string method, int seed, IProgress<TrainingProgress>? progress = null, CancellationToken stop = default)
    {
        var ml = new MLContext(seed);
        return ml.DecisionMaking().Trainers.EvaLora(new EvaLoraPolicyOptions
        {
            Checkpoint = Checkpoint.FromFolder(pretrained),
            Adapter = Methods.Create(new MethodSettings(method, settings.Rank, settings.Rank, settings.Rho, 32)),
            WindowsPerEpoch = 256,
            ValidationSet = ml.Data.LoadFromEnumerable(Recorder.Record(task, ValidationEpisodes, firstSeed: 900_000)),
            Training = new TrainingOptions
            {
                Epochs = settings.Epochs,
                BatchSize = 32,
                LearningRate = settings.LearningRate ?? StandardRate(method),
                LearningRateDecay = LearningRateDecay.Cosine,
                WeightDecay = 0.01,
                MaxGradientNorm = 0.25,
                Dropout = 0,
                Progress = progress,
                CancellationToken = stop,
            },
        }).Fit(ml.Data.LoadFromEnumerable(Recorder.Record(task, settings.Demonstrations, firstSeed: 500_000 + 10_000 * seed)));
    }

    /// <summary>The pretrained policy as it is.</summary>
    public static PolicyTransformer ZeroShot(string pretrained) =>
        PolicyTransformer.FromCheckpoint(new MLContext(), new EvaLoraPolicyOptions { Checkpoint = Checkpoint.FromFolder(pretrained) });

    /// <summary>Lets a policy solve test episodes, the same for all policies.</summary>
    public PolicyMetrics Test(PolicyTransformer policy, TableTask task) => new MLContext().DecisionMaking().Evaluate(policy, () => new Table(task), new PolicyEvaluationOptions
    {
        Episodes = settings.TestEpisodes,
        FirstSeed = FirstTestSeed,
        TargetReturn = 1,
    });

    // Each the best of three on the first two held-out tasks with seed 1.
    private static double StandardRate(string method) => method switch
    {
        "fft" => 5e-4,
        "adalora" => 2e-2,
        _ => 4e-3,
    };

    private sealed record MethodSettings(string Method, int Rank, double Alpha, double Rho, int BatchSize) : IMethodSettings;
}
