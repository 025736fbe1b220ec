using Microsoft.ML.Eva.Reporting.TensorBoard;

namespace Microsoft.ML.Eva.Tests.Reporting.TensorBoard;

public sealed class EventFileTests : IDisposable
{
    // The file that TensorFlow wrote for tf.summary.scalar("accuracy", 0.99, step=77), as TensorBoard's own tests have it (tf_record.rs).
    private const string OfTensorFlow =
        "1800000000000000a37f4b22" + "09" + "00008038" + "99d6d741" + "1a0d627261696e2e4576656e743a32" + "124b36ab"
        + "3200000000000000" + "241956ec" + "09c405b73d99d6d741" + "104d" + "2a25" + "0a23" + "0a086163637572616379" + "420a08011200" + "2204a4707d3f" + "4a0b0a090a077363616c617273" + "a55b6433";

    private readonly string _folder = Directory.CreateTempSubdirectory("eva-events").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void File_VersionAndScalar_EqualsTensorFlowsByteForByte()
    {
        var expected = Convert.FromHexString(OfTensorFlow);
        using var stream = new MemoryStream();
        using (var file = new EventFile(stream, new Clock(BitConverter.ToDouble(expected, 13), BitConverter.ToDouble(expected, 53))))
            file.Add("accuracy", 77, 0.99);

        Assert.Equal(Convert.ToHexString(expected), Convert.ToHexString(stream.ToArray()));
    }

    [Theory]
    [InlineData("1a1143524320746573742c20", "6f6e652074776f", 0x5794d08a)] // a TFRecord of TensorFlow's, in TensorBoard's masked_crc.rs
    [InlineData("00000000000000000000000000000000", "00000000000000000000000000000000", 0x0fd7fffa)] // RFC 3720, B.4: 0x8a9136aa before the mask
    public void MaskedCrc_PublishedVectors(string first, string second, uint expected)
    {
        var data = Convert.FromHexString(first + second);
        Assert.Equal(expected, MaskedCrc.Of(data));
        Assert.Equal(expected, EventReader.MaskedCrc(data));
    }

    [Fact]
    public void WriteTensorBoard_Report_HoldsEverySeriesAtItsSteps()
    {
        var report = ReportCase.Create();
        report.WriteTensorBoard(_folder);

        var events = EventReader.Read(File.ReadAllBytes(Assert.Single(Directory.GetFiles(_folder, "events.out.tfevents.*"))));

        Assert.Equal("brain.Event:2", events[0].Version);
        Assert.All(events, e => Assert.InRange(e.WallTime, 1.7e9, 1e10));
        var series = events.Skip(1).GroupBy(e => e.Tag!).ToDictionary(group => group.Key, group => group.Select(e => (e.Step, e.Value)).ToList());
        Assert.Equal(["eva/mean_similarity", "eva/stable_layers", "train/gradient_norm", "train/learning_rate", "train/loss", "validation/Accuracy", "validation/MacroF1", "validation/loss"], series.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(report.Losses.Select((loss, i) => (i + 1L, loss)), series["train/loss"]);
        Assert.Equal(report.LearningRates.Select((rate, i) => (i + 1L, (float)rate)), series["train/learning_rate"]);
        Assert.Equal(report.ValidationMetrics.Select((metric, i) => ((i + 1L) * report.StepsPerEpoch, (float)metric)), series["validation/Accuracy"]);
        Assert.Equal([(2L, 0.8f), (3L, 0.995f)], series["eva/mean_similarity"]); // the first, NaN, is none
    }

    [Fact]
    public void Progress_RealFit_WritesWhatTheReportTells()
    {
        var ml = new MLContext(seed: 1);
        var options = MLNet.TinyData.TinyOptions(epochs: 2);
        options.Training.ValidationFraction = 0.25;
        var heard = new List<TrainingProgress>();
        TrainingReport report;
        using (var progress = new TensorBoardProgress(_folder, new Listener(heard)))
        {
            options.Training.Progress = progress;
            using var model = MLNet.TinyData.Eva(MLNet.TinyData.Pipeline(ml, options).Fit(ml.Data.LoadFromEnumerable(MLNet.TinyData.Rows())));
            report = model.Report!;
        }

        var events = EventReader.Read(File.ReadAllBytes(Assert.Single(Directory.GetFiles(_folder))));

        Assert.Equal(report.Losses.Select((loss, i) => (i + 1L, loss)), Of("train/loss"));
        Assert.Equal(report.LearningRates.Select((rate, i) => (i + 1L, (float)rate)), Of("train/learning_rate"));
        Assert.Equal(report.ValidationMetrics.Select((metric, i) => ((i + 1L) * report.StepsPerEpoch, (float)metric)), Of("validation/Accuracy"));
        Assert.Contains(heard, value => value.Phase == TrainingPhase.Validation);

        IEnumerable<(long, float)> Of(string tag) => events.Where(e => e.Tag == tag).Select(e => (e.Step, e.Value));
    }

    [Fact]
    public void Progress_AfterDispose_SaysSo()
    {
        var progress = new TensorBoardProgress(_folder);
        progress.Dispose();
        Assert.Throws<ObjectDisposedException>(() => progress.Report(new TrainingProgress(TrainingPhase.Training, 1, 1, 1, 1)));
    }

    private sealed class Clock(params double[] times) : TimeProvider
    {
        private int _next;

        // Ticks are coarser than the last bit of such a double, so the times must survive the way there and back; the test shows that they do.
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddTicks((long)Math.Round(times[_next++] * TimeSpan.TicksPerSecond));
    }

    private sealed class Listener(List<TrainingProgress> heard) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => heard.Add(value);
    }
}
