using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.ML.Eva.Tests.MLNet;

namespace Microsoft.ML.Eva.Tests.Serving;

public sealed class BatchPredictorTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60); // a failing test ends; a passing one never waits so long

    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public async Task PredictAsync_64Callers_GetWhatOneAloneGets()
    {
        using var model = (IDisposable)_ml.Pipeline(TinyData.TinyOptions(epochs: 2)).Fit(_ml.Data.LoadFromEnumerable(TinyData.Rows()));
        var rows = TinyData.Rows(256);
        using var engine = _ml.Model.CreatePredictionEngine<TinyData.Row, TinyData.Prediction>((ITransformer)model, new PredictionEngineOptions { OwnsTransformer = false });
        var expected = rows.Select(row => engine.Predict(row)).ToList();
        using var sizes = new Recorder("callers");
        await using (var predictor = new BatchPredictor<TinyData.Row, TinyData.Prediction>(_ml, (ITransformer)model, new() { Name = "callers", MaxBatchSize = 16, MaxWait = TimeSpan.FromMilliseconds(20) }))
        {
            await Task.WhenAll(Enumerable.Range(0, 64).Select(caller => Task.Run(async () =>
            {
                for (var i = caller; i < rows.Count; i += 64)
                {
                    var prediction = await predictor.PredictAsync(rows[i]).WaitAsync(Long);
                    Assert.Equal(expected[i].PredictedLabel, prediction.PredictedLabel);
                    Assert.All(expected[i].Score.Zip(prediction.Score), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
                }
            })));
        }

        Assert.Equal(256, sizes.Of("eva.prediction.batch_size").Sum());
        Assert.InRange(sizes.Of("eva.prediction.batch_size").Max(), 2, 16);
        Assert.Equal(256, sizes.Of("eva.prediction.requests").Sum());
        Assert.Equal(0, sizes.Of("eva.prediction.waiting").Sum());
        Assert.Equal(256, sizes.Of("eva.prediction.duration").Count());
    }

    [Fact]
    public async Task PredictAsync_BrokenRequests_SpoilNoOthers()
    {
        await using var predictor = Predictor(text => text.StartsWith("broken", StringComparison.Ordinal) ? throw new FormatException(text) : text.Length, new() { MaxWait = TimeSpan.FromMilliseconds(200) });

        var tasks = Enumerable.Range(0, 30).Select(i => (i % 7 == 3 ? "broken" : "sound") + i).Select(text => (Text: text, Task: predictor.PredictAsync(new Text { Value = text }))).ToList();

        foreach (var (text, task) in tasks)
            if (text.StartsWith("broken", StringComparison.Ordinal))
                Assert.Contains(text, (await Assert.ThrowsAnyAsync<Exception>(() => task.WaitAsync(Long))).ToString());
            else
                Assert.Equal(text.Length, (await task.WaitAsync(Long)).Value);
    }

    [Fact]
    public async Task PredictAsync_FullQueue_RefusesAtOnce()
    {
        using var gate = new ManualResetEventSlim();
        await using var predictor = Predictor(text => Wait(gate, text), new() { MaxBatchSize = 1, MaxWait = TimeSpan.Zero, QueueCapacity = 3 });
        var first = predictor.PredictAsync(new Text { Value = "first" });
        await Until(() => predictor.QueueLength == 0);
        var waiting = Enumerable.Range(0, 3).Select(_ => predictor.PredictAsync(new Text { Value = "waits" })).ToList();

        var refused = Assert.Throws<PredictionQueueFullException>(() => { _ = predictor.PredictAsync(new Text { Value = "late" }); });

        Assert.Contains("3 requests are waiting", refused.Message);
        gate.Set();
        Assert.Equal(5, (await first.WaitAsync(Long)).Value);
        await Task.WhenAll(waiting).WaitAsync(Long);
    }

    [Fact]
    public async Task PredictAsync_CallerGoesAway_IsNotScored()
    {
        using var gate = new ManualResetEventSlim();
        var seen = new ConcurrentBag<string>();
        await using var predictor = Predictor(
            text =>
            {
                seen.Add(text);
                return Wait(gate, text);
            },
            new() { MaxBatchSize = 1, MaxWait = TimeSpan.Zero });
        var first = predictor.PredictAsync(new Text { Value = "first" });
        await Until(() => predictor.QueueLength == 0);
        using var cancellation = new CancellationTokenSource();
        var abandoned = predictor.PredictAsync(new Text { Value = "abandoned" }, cancellation.Token);
        var last = predictor.PredictAsync(new Text { Value = "last" });

        cancellation.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => abandoned.WaitAsync(Long));
        gate.Set();
        await Task.WhenAll(first, last).WaitAsync(Long);
        Assert.DoesNotContain("abandoned", seen);
        Assert.Contains("last", seen);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => predictor.PredictAsync(new Text { Value = "x" }, cancellation.Token));
    }

    [Fact]
    public async Task DisposeAsync_RequestsWaiting_AreAnswered()
    {
        using var gate = new ManualResetEventSlim();
        var predictor = Predictor(text => Wait(gate, text), new() { MaxBatchSize = 4, MaxWait = TimeSpan.Zero, Workers = 2 });
        var waiting = Enumerable.Range(1, 20).Select(i => predictor.PredictAsync(new Text { Value = new string('x', i) })).ToList();

        var end = predictor.DisposeAsync().AsTask();

        Assert.False(end.IsCompleted);
        Assert.Throws<ObjectDisposedException>(() => { _ = predictor.PredictAsync(new Text { Value = "late" }); });
        gate.Set();
        await end.WaitAsync(Long);
        Assert.All(waiting.Select((task, i) => (task, i)), entry => Assert.Equal(entry.i + 1, entry.task.Result.Value));
    }

    [Fact]
    public async Task PredictAsync_PipelineThatDropsRows_SaysSo()
    {
        var filter = _ml.Transforms.CustomMapping<Text, Length>((from, to) => to.Value = from.Value.Length, contractName: null).Append(new DroppingEstimator(_ml)).Fit(_ml.Data.LoadFromEnumerable<Text>([]));
        await using var predictor = new BatchPredictor<Text, Length>(_ml, filter);

        Assert.Contains("Leave filters out", (await Assert.ThrowsAsync<InvalidOperationException>(() => predictor.PredictAsync(new Text { Value = "" }).WaitAsync(Long))).Message);
        Assert.Equal(3, (await predictor.PredictAsync(new Text { Value = "abc" }).WaitAsync(Long)).Value);
    }

    [Fact]
    public void Options_OutOfRange_AllFaultsAreTold()
    {
        var options = new BatchPredictorOptions { MaxBatchSize = 0, MaxWait = TimeSpan.FromMinutes(1), QueueCapacity = -1, Workers = 0, Name = " " };

        var message = Assert.Throws<ArgumentException>(() => Predictor(text => text.Length, options)).Message;

        foreach (var option in new[] { "MaxBatchSize is 0", "MaxWait is 00:01:00", "QueueCapacity is -1", "Workers is 0", "Name is empty" })
            Assert.Contains(option, message);
    }

    private BatchPredictor<Text, Length> Predictor(Func<string, int> map, BatchPredictorOptions options) =>
        new(_ml, _ml.Transforms.CustomMapping<Text, Length>((from, to) => to.Value = map(from.Value), contractName: null).Fit(_ml.Data.LoadFromEnumerable<Text>([])), options);

    private static int Wait(ManualResetEventSlim gate, string text) => gate.Wait(Long) ? text.Length : throw new TimeoutException();

    private static async Task Until(Func<bool> holds)
    {
        using var timeout = new CancellationTokenSource(Long);
        while (!holds())
            await Task.Delay(5, timeout.Token);
    }

    internal sealed class Text
    {
        public string Value { get; set; } = "";
    }

    internal sealed class Length
    {
        [Microsoft.ML.Data.ColumnName("Length")]
        public int Value { get; set; }
    }

    /// <summary>Leaves out rows whose length is 0.</summary>
    private sealed class DroppingEstimator(MLContext ml) : IEstimator<ITransformer>
    {
        public ITransformer Fit(IDataView input) => new Dropping(ml);

        public SchemaShape GetOutputSchema(SchemaShape inputSchema) => inputSchema;

        private sealed class Dropping(MLContext ml) : ITransformer
        {
            public bool IsRowToRowMapper => false;

            public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => inputSchema;

            public Microsoft.ML.Data.IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => throw new NotSupportedException();

            public IDataView Transform(IDataView input) => ml.Data.FilterByCustomPredicate<Length>(input, row => row.Value == 0);

            void ICanSaveModel.Save(ModelSaveContext ctx) => throw new NotSupportedException();
        }
    }

    /// <summary>What one predictor tells the meter.</summary>
    private sealed class Recorder : IDisposable
    {
        private readonly ConcurrentBag<(string Instrument, double Value)> _values = [];
        private readonly MeterListener _listener = new();

        public Recorder(string model)
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "Microsoft.ML.Eva")
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Record(instrument, value, tags, model));
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument, value, tags, model));
            _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Record(instrument, value, tags, model));
            _listener.Start();
        }

        public IEnumerable<double> Of(string instrument) => _values.Where(value => value.Instrument == instrument).Select(value => value.Value);

        public void Dispose() => _listener.Dispose();

        private void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, string model)
        {
            foreach (var tag in tags)
                if (tag.Key == "model" && Equals(tag.Value, model))
                    _values.Add((instrument.Name, value));
        }
    }
}
