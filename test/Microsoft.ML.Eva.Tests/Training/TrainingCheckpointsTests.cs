using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Training;
using Microsoft.ML.Eva.Training.Checkpoints;
using Microsoft.ML.Eva.Training.Metrics;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Training;

public sealed class TrainingCheckpointsTests : IDisposable
{
    private const int Rows = 100;

    private readonly string _folder = Directory.CreateTempSubdirectory("eva-checkpoints-").FullName;
    private readonly List<string> _warnings = [];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Train_StoppedAtRandomSteps_EndsWithTheSameBytes()
    {
        var undisturbed = Run(null, hasCheckpoints: false);
        Assert.Equal(28, undisturbed.Result.Steps);
        var random = new Random(1);
        for (var start = 0; start < 4; start++)
            Run(everySteps: 3, failAt: random.Next(start * 6 + 2, start * 6 + 8));
        AssertEqual(undisturbed, Run(everySteps: 3));
        Assert.Empty(_warnings);
    }

    [Fact]
    public void Train_AdaLoraStoppedWhilePruning_EndsWithTheSameBytes()
    {
        var undisturbed = Run(null, hasCheckpoints: false, isAdaLora: true);
        Run(everySteps: 1, failAt: 12, isAdaLora: true);
        Run(everySteps: 1, failAt: 23, isAdaLora: true);
        AssertEqual(undisturbed, Run(everySteps: 1, isAdaLora: true));
        Assert.NotEqual(undisturbed.Weights, Run(null, hasCheckpoints: false).Weights);
    }

    [Fact]
    public void Train_Cancelled_GoesOnFromThatStep()
    {
        var undisturbed = Run(null, hasCheckpoints: false);
        var cancelled = Run(everySteps: null, cancelAt: 5);
        Assert.Equal(5, cancelled.Result.Steps);
        var resumed = Run(everySteps: null);
        AssertEqual(undisturbed, resumed);
        Assert.Equal(6, resumed.FirstStep);
    }

    [Fact]
    public void Train_FinishedRun_IsNotTrainedAgain()
    {
        var first = Run(everySteps: null);
        var second = Run(everySteps: null);
        AssertEqual(first, second);
        Assert.Null(second.FirstStep);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.0)]
    public void Train_LastCheckpointTruncated_FallsBackToTheOneBefore(double left)
    {
        var undisturbed = Run(null, hasCheckpoints: false);
        Run(everySteps: 2, failAt: 9);
        var last = Directory.GetFiles(_folder, "*.checkpoint").Max(StringComparer.Ordinal)!;
        File.WriteAllBytes(last, File.ReadAllBytes(last)[..(int)(new FileInfo(last).Length * left)]);
        var resumed = Run(everySteps: 2);
        AssertEqual(undisturbed, resumed);
        Assert.Contains(Path.GetFileName(last), Assert.Single(_warnings));
        Assert.True(resumed.FirstStep > 1);
    }

    [Fact]
    public void Train_AnyByteOfTheCheckpointChanged_IsNoticed()
    {
        Run(everySteps: 2, failAt: 9);
        var last = Directory.GetFiles(_folder, "*.checkpoint").Max(StringComparer.Ordinal)!;
        var bytes = File.ReadAllBytes(last);
        foreach (var place in new[] { 0, 20, 60, bytes.Length / 2, bytes.Length - 1 })
        {
            var changed = bytes.ToArray();
            changed[place] ^= 1;
            File.WriteAllBytes(last, changed);
            Assert.Null(SealedFile.OpenIfWhole(last));
        }
    }

    [Fact]
    public void Train_CheckpointsKept_AreNoMore()
    {
        Run(everySteps: 1);
        Assert.Equal(2, Directory.GetFiles(_folder, "*.checkpoint").Length);
        Assert.Empty(Directory.GetFiles(_folder, $"*{SealedFile.UnfinishedEnding}"));
    }

    [Theory]
    [InlineData("rows")]
    [InlineData("options")]
    public void Train_FolderOfAnotherRun_IsRefused(string what)
    {
        Run(everySteps: null);
        var error = Assert.Throws<ArgumentException>(() => Run(everySteps: null, rows: what == "rows" ? Rows - 1 : Rows, rate: what == "options" ? 0.03 : 0.02));
        Assert.Contains(what, error.Message);
        Assert.Contains(nameof(TrainingOptions.CheckpointFolder), error.Message);
    }

    [Fact]
    public void Constructor_FolderInUse_Throws()
    {
        using var first = new TrainingCheckpoints(_folder, null, 2, "", _warnings.Add);
        var error = Assert.Throws<ArgumentException>(() => new TrainingCheckpoints(_folder, null, 2, "", _warnings.Add));
        Assert.Contains("another run", error.Message);
    }

    [Fact]
    public void Constructor_FileInPlaceOfAFolder_Throws()
    {
        var file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        Assert.Throws<ArgumentException>(() => new TrainingCheckpoints(file, null, 2, "", _warnings.Add));
    }

    [Fact]
    public void Constructor_UnfinishedFile_DeletesIt()
    {
        var unfinished = Path.Combine(_folder, $"00000-000000001.checkpoint{SealedFile.UnfinishedEnding}");
        File.WriteAllText(unfinished, "half");
        using var checkpoints = new TrainingCheckpoints(_folder, null, 2, "", _warnings.Add);
        Assert.False(File.Exists(unfinished));
    }

    private (TrainingResult Result, byte[] Weights, int? FirstStep) Run(int? everySteps, int? failAt = null, int? cancelAt = null, int rows = Rows, double rate = 0.02, bool hasCheckpoints = true, bool isAdaLora = false)
    {
        using var network = TinyNetwork.Create();
        using var cancellation = new CancellationTokenSource();
        var source = TinyRows.Create(rows);
        AdapterOptions options = isAdaLora ? new AdaLoraOptions { InitialRank = 4, TargetRank = 2 } : new FullFineTuningOptions();
        using (var generator = new Generator(1))
            AdapterInjector.Seat(network, AdapterPlan.Create(options, network.Backbone.AdaptableLayers), options, null, generator);
        var groups = WeightGroup.Create(network, options).SelectMany(group => ParameterGroup.DecayingMatrices(group.Weights, 0.01)).ToList();
        var plan = TrainingPlan.Create(new TrainingOptions { Epochs = 4, BatchSize = 16, LearningRate = rate }, rows, seed: 3);
        var validation = new Evaluator(TinyRows.Create(40, seed: 2), new CrossEntropyLoss(), ClassificationMetric.Accuracy, 64);
        using var adapterTraining = AdapterTraining.Create(network, options, plan.Schedule.Steps);
        int? firstStep = null;
        var listener = new Listener(told =>
        {
            if (told.Phase == TrainingPhase.Training)
                firstStep ??= told.Step;
            if (told.Step == failAt)
                throw new TimeoutException();
            if (told.Step == cancelAt)
                cancellation.Cancel();
        });
        using var checkpoints = hasCheckpoints ? new TrainingCheckpoints(_folder, everySteps, 2, "test", _warnings.Add) : null;
        try
        {
            var result = new Trainer(network, groups, new CrossEntropyLoss(), plan, adapterTraining).Train(source, validation, listener, cancellation.Token, checkpoints);
            return (result, [.. network.Weights.Concat(network.Adapters.SelectMany(adapter => adapter.Weights)).SelectMany(weight => weight.Value.bytes.ToArray())], firstStep);
        }
        catch (TimeoutException)
        {
            return (null!, [], firstStep);
        }
    }

    private static void AssertEqual((TrainingResult Result, byte[] Weights, int? FirstStep) expected, (TrainingResult Result, byte[] Weights, int? FirstStep) actual)
    {
        Assert.Equal(expected.Weights, actual.Weights);
        Assert.Equal(expected.Result.Losses, actual.Result.Losses);
        Assert.Equal(expected.Result.GradientNorms, actual.Result.GradientNorms);
        Assert.Equal(expected.Result.Epochs, actual.Result.Epochs);
        Assert.Equal(expected.Result.BestEpoch, actual.Result.BestEpoch);
    }

    private sealed class Listener(Action<TrainingProgress> onReport) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => onReport(value);
    }
}
