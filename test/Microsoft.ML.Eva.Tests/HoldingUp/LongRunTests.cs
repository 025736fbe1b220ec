using System.Diagnostics;
using Microsoft.ML.Data;
using Xunit.Abstractions;
using static Microsoft.ML.Eva.Tests.MLNet.TinyData;

namespace Microsoft.ML.Eva.Tests.HoldingUp;

/// <summary>What a server does for months: many fits, many engines, many threads. Short in every run, long with EVA_SLOW=1.</summary>
[Collection(nameof(TensorCounts))]
public sealed class LongRunTests(ITestOutputHelper output)
{
    private static readonly bool IsLong = Environment.GetEnvironmentVariable("EVA_SLOW") == "1";

    private static readonly PredictionEngineOptions KeepsModel = new() { OwnsTransformer = false };

    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    [Trait("Category", "Slow")]
    public void Fits_Many_LeaveNoTensorAndNoMemory()
    {
        var data = Keyed();
        Repeat("fits", IsLong ? 200 : 4, () =>
        {
            using var model = _ml.MulticlassClassification.Trainers.EvaLora(TinyOptions(epochs: 1)).Fit(data);
            Assert.Equal(64, model.Transform(data).GetColumn<uint>("PredictedLabel").Count());
        });
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void Engines_Many_LeaveNoTensorAndNoMemory()
    {
        using var model = _ml.MulticlassClassification.Trainers.EvaLora(TinyOptions(epochs: 1)).Fit(Keyed());
        var row = Rows()[5];
        float[]? first = null;
        Repeat("engines", IsLong ? 10_000 : 100, () =>
        {
            using var engine = _ml.Model.CreatePredictionEngine<Row, Scored>(model, KeepsModel);
            var scores = engine.Predict(row).Score;
            Assert.Equal(first ??= scores, scores);
        });
    }

    [Fact]
    [Trait("Category", "Slow")]
    public async Task SixteenThreads_OnOneModel_GiveTheSingleThreadedScores()
    {
        using var model = _ml.MulticlassClassification.Trainers.EvaLora(TinyOptions(epochs: 1)).Fit(Keyed());
        var rows = Rows();
        var expected = Predict(model, rows);
        var inBatches = Transformed(model);
        var clock = Stopwatch.StartNew();
        var rounds = 0;
        var threads = Enumerable.Range(0, 16).Select(number => Task.Factory.StartNew(
            () =>
            {
                // every thread at least two rounds, however slow the machine
                for (var round = 0; round < 2 || (IsLong && clock.Elapsed < TimeSpan.FromMinutes(10)); round++)
                {
                    if ((number + round) % 4 == 0)
                        Assert.Equal(inBatches, Transformed(model));
                    else
                        Assert.Equal(expected, Predict(model, rows));
                    Interlocked.Increment(ref rounds);
                }
            },
            TaskCreationOptions.LongRunning)).ToArray();
        await Task.WhenAll(threads);
        output.WriteLine($"16 threads, {rounds} rounds of {rows.Count} rows, {clock.Elapsed.TotalSeconds:f0} s: all scores equal, bit for bit.");
    }

    private IDataView Keyed()
    {
        var data = _ml.Data.LoadFromEnumerable(Rows());
        return _ml.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data);
    }

    private float[][] Predict(EvaTransformer model, IEnumerable<Row> rows)
    {
        using var engine = _ml.Model.CreatePredictionEngine<Row, Scored>(model, KeepsModel);
        return [.. rows.Select(row => engine.Predict(row).Score)];
    }

    private float[][] Transformed(EvaTransformer model) => model.Transform(_ml.Data.LoadFromEnumerable(Rows())).Scores();

    // The process's memory is noisy: a limit on it is only kept in the long run, where a leak shows.
    private void Repeat(string what, int count, Action action)
    {
        for (var i = 0; i < Math.Max(1, count / 10); i++)
            action();
        var (tensors, memory) = (TensorCounts.Settled(), WorkingSet());
        for (var i = 0; i < count; i++)
            action();
        Assert.Equal(tensors, TensorCounts.Settled());
        var after = WorkingSet();
        output.WriteLine($"{count} {what}: {tensors} tensors before and after, resident memory {memory >> 20} MB before, {after >> 20} MB after.");
        if (IsLong)
            Assert.InRange(after - memory, long.MinValue, 32L << 20);
    }

    private static long WorkingSet()
    {
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }

    private sealed class Scored
    {
        public float[] Score { get; set; } = [];
    }
}
