using Microsoft.ML.Eva.Training.Checkpoints;
using static Microsoft.ML.Eva.Tests.MLNet.TinyData;

namespace Microsoft.ML.Eva.Tests.HoldingUp;

/// <summary>Full disks, folders that cannot be written, files cut short: clean errors, and nothing lost that was there before.</summary>
public sealed class NoPlaceToWriteTests : IDisposable
{
    // A device that is always full, and a folder in which nobody, not even root, can make a file. Both are Linux's.
    private const string FullDisk = "/dev/full", ReadOnly = "/proc/self/eva";

    private readonly string _folder = Directory.CreateTempSubdirectory("eva-no-place-").FullName;
    private readonly MLContext _ml = new(seed: 1);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [LinuxFact]
    public void SaveModel_FullDisk_ThrowsAndTheModelLivesOn()
    {
        var data = Keyed();
        using var model = _ml.Trainer(TinyOptions(epochs: 1)).Fit(data);
        var expected = model.Transform(data).Scores();

        Assert.ThrowsAny<IOException>(() => _ml.Model.Save(model, data.Schema, FullDisk));
        Assert.ThrowsAny<IOException>(() => model.SaveAdapter(Path.Combine(FullDisk, "adapter")));

        Assert.Equal(expected, model.Transform(data).Scores());
        _ml.Model.Save(model, data.Schema, Path.Combine(_folder, "model.zip"));
        Assert.Equal(expected, _ml.Model.Load(Path.Combine(_folder, "model.zip"), out _).Transform(data).Scores());
    }

    [LinuxFact]
    public void Fit_DiskFullAtACheckpoint_KeepsTheOneBeforeAndGoesOnFromIt()
    {
        using var undisturbed = _ml.Trainer(Options(checkpoints: null)).Fit(Keyed());
        var folder = Path.Combine(_folder, "run");
        var options = Options(folder);
        // the file of the second epoch's checkpoint is on a full disk
        options.Training.Progress = new Listener(told =>
        {
            var unfinished = Path.Combine(folder, $"00002-000000016.checkpoint{SealedFile.UnfinishedEnding}");
            if (told is { Phase: TrainingPhase.Training, Epoch: 2 } && !File.Exists(unfinished))
                File.CreateSymbolicLink(unfinished, FullDisk);
        });

        Assert.ThrowsAny<IOException>(() => _ml.Trainer(options).Fit(Keyed()));
        Assert.Equal(["00001-000000008.checkpoint"], Directory.GetFiles(folder, "*.checkpoint*").Select(Path.GetFileName));

        var steps = new List<int>();
        options.Training.Progress = new Listener(told =>
        {
            if (told.Phase == TrainingPhase.Training)
                steps.Add(told.Step);
        });
        using var resumed = _ml.Trainer(options).Fit(Keyed());
        Assert.Equal(9, steps[0]);
        Assert.Equal(undisturbed.Transform(Keyed()).Scores(), resumed.Transform(Keyed()).Scores());
    }

    [LinuxFact]
    public void ReadOnlyFolder_IsNamedBeforeTraining()
    {
        var fit = Assert.Throws<ArgumentException>(() => _ml.Trainer(Options(ReadOnly)).Fit(Keyed()));
        Assert.Contains($"{nameof(TrainingOptions.CheckpointFolder)} '{ReadOnly}'", fit.Message);

        var options = new EvaLoraSweepOptions { Trainer = Options(checkpoints: null), Folder = ReadOnly };
        options.Trainer.Training.ValidationFraction = 0.25;
        var sweep = Assert.Throws<ArgumentException>(() => _ml.MulticlassClassification.Trainers.EvaLoraSweep(options).Run(Keyed()));
        Assert.Contains($"{nameof(EvaLoraSweepOptions.Folder)} '{ReadOnly}'", sweep.Message);
    }

    [LinuxFact]
    public void ReadOnlyFolder_ForModelAdapterAndPictures_ThrowsAndTheModelLivesOn()
    {
        var data = Keyed();
        using var model = _ml.Trainer(TinyOptions(epochs: 1)).Fit(data);
        foreach (var write in new Action[]
        {
            () => _ml.Model.Save(model, data.Schema, Path.Combine(ReadOnly, "model.zip")),
            () => model.SaveAdapter(ReadOnly),
            () => model.Report!.SaveRankHeatMap(Path.Combine(ReadOnly, "ranks.png")),
        })
            Assert.True(Record.Exception(write) is IOException or UnauthorizedAccessException);
        Assert.Equal(64, model.Transform(data).Scores().Length);
    }

    [LinuxFact]
    public void SavePicture_FullDisk_LeavesTheOldOne()
    {
        using var model = _ml.Trainer(TinyOptions(epochs: 1)).Fit(Keyed());
        var path = Path.Combine(_folder, "ranks.svg");
        model.Report!.SaveRankHeatMap(path);
        var before = File.ReadAllText(path);
        Assert.ThrowsAny<Exception>(() => model.Report.SaveRankHeatMap(Path.Combine(FullDisk, "ranks.svg")));
        Assert.Equal(before, File.ReadAllText(path));
        Assert.Single(Directory.GetFiles(_folder));
    }

    private EvaLoraTextOptions Options(string? checkpoints)
    {
        var options = TinyOptions(epochs: 3);
        options.Training.CheckpointFolder = checkpoints;
        return options;
    }

    private IDataView Keyed()
    {
        var data = _ml.Data.LoadFromEnumerable(Rows());
        return _ml.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data);
    }

    private sealed class Listener(Action<TrainingProgress> onReport) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => onReport(value);
    }
}
