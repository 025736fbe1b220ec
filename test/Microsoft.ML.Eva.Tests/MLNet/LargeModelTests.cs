using System.Diagnostics;
using Xunit.Abstractions;
using static Microsoft.ML.Eva.Tests.MLNet.TinyData;

namespace Microsoft.ML.Eva.Tests.MLNet;

/// <summary>A model of the size of the paper's tables. Run it alone: memory is measured for the whole process.</summary>
public sealed class LargeModelTests(ITestOutputHelper output)
{
    private const long MostMemory = 10L << 30;

    [SlowFact]
    [Trait("Category", "Slow")]
    public void RobertaLarge_RandomWeights_IsWarmedUpTrainedMergedSavedAndLoadedWithin10GiB()
    {
        var folder = Directory.CreateTempSubdirectory("eva-large-");
        try
        {
            var clock = Stopwatch.StartNew();
            var parameters = LargeCheckpoint.Write(folder.FullName);
            Say("made", clock);
            Assert.InRange(parameters, 350_000_000, 360_000_000);
            var ml = new MLContext(seed: 1);
            // Long enough that every row fills all tokens.
            var data = ml.Data.LoadFromEnumerable(Rows(8).Select(row => new Row { Text = string.Join(' ', Enumerable.Repeat(row.Text, 20)), Label = row.Label }));
            var keyed = ml.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data);

            clock.Restart();
            var model = ml.Trainer(Options(folder.FullName)).Fit(keyed);
            Say($"loaded in {model.Report!.SecondsLoad:f0}, warmed up in {model.Report.SecondsEva:f0} ({model.Report.EvaBatches} batches), trained in {model.Report.SecondsTrain:f0}, merged; in all", clock);
            Assert.Equal(2, model.Report.Losses.Count);
            Assert.Equal(8, model.Report.RowsAtLimit);
            var scores = model.Transform(keyed).Scores();

            clock.Restart();
            var path = Path.Combine(folder.FullName, "model.zip");
            ml.Model.Save(model, keyed.Schema, path);
            model.Dispose();
            Say($"saved ({new FileInfo(path).Length >> 20} MiB)", clock);

            clock.Restart();
            var loaded = ml.Model.Load(path, out _);
            Say("loaded again", clock);
            Assert.Equal(scores, loaded.Transform(keyed).Scores());
            (loaded as IDisposable)?.Dispose();
            Assert.InRange(Process.GetCurrentProcess().PeakWorkingSet64, 1, MostMemory);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static EvaLoraTextOptions Options(string folder) => new()
    {
        Sentence1ColumnName = nameof(Row.Text),
        Checkpoint = Checkpoint.FromFolder(folder),
        MaxTokens = 128,
        Adapter = new LoraOptions { Rank = 4, Initialization = new EvaOptions { BatchSize = 4, MaxBatches = 2 } },
        Training = new TrainingOptions { Epochs = 1, BatchSize = 4 },
    };

    private void Say(string what, Stopwatch clock) =>
        output.WriteLine($"{what}: {clock.Elapsed.TotalSeconds:f0} s, peak {Process.GetCurrentProcess().PeakWorkingSet64 / 1024.0 / 1024 / 1024:f2} GiB");
}
