using System.IO.Compression;

namespace Microsoft.ML.Eva.Tests.MLNet;

public sealed class ReportTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("eva-report").FullName;

    private readonly MLContext _ml = new(seed: 1);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void HardRows_ValidationSetWithUnlabelledRows_NameRowsOfTheDataView(bool keepsTexts)
    {
        var rows = TinyData.Rows(24);
        foreach (var row in rows.Where(row => row.Id % 5 == 1))
            row.Label = "neither"; // left out, so that rows move up
        var options = TinyData.TinyOptions(epochs: 3);
        options.KeepsHardTexts = keepsTexts;

        using var model = Fit(options, rows);
        var report = model.Report!;

        Assert.Equal(19, report.Confusion.Sum(count => count.Rows));
        Assert.Equal(19, report.HardRows.Count);
        var scores = model.Transform(_ml.Data.LoadFromEnumerable(rows)).Scores();
        Assert.All(report.HardRows, row =>
        {
            Assert.Equal(rows[(int)row.Row].Label, report.Classes[row.Actual]);
            Assert.Equal(scores[row.Row][row.Actual], row.Probability, 4);
            Assert.Equal(scores[row.Row][row.Predicted], row.PredictedProbability, 4);
            Assert.Equal(keepsTexts ? rows[(int)row.Row].Text : null, row.Text);
        });
        Assert.Equal(report.HardRows.OrderBy(row => row.Probability), report.HardRows);
        Assert.Equal(report.ValidationMetrics[report.BestEpoch - 1], report.Confusion.Where(count => count.Actual == count.Predicted).Sum(count => count.Rows) / 19.0, 6);
    }

    [Fact]
    public void HardRows_FractionOfTheTrainingRows_NamesThoseOfTheTrainingData()
    {
        var rows = TinyData.Rows(40);
        var options = TinyData.TinyOptions(epochs: 2);
        options.KeepsHardTexts = true;
        options.Training.ValidationFraction = 0.25;

        using var model = Fit(options, validation: null, rows);

        Assert.Equal(10, model.Report!.HardRows.Count);
        Assert.All(model.Report.HardRows, row => Assert.Equal(rows[(int)row.Row].Text, row.Text));
    }

    [Fact]
    public void Report_SavedAndLoaded_KeepsAllButSecondsAndMachine()
    {
        using var model = Fit(TinyData.TinyOptions(epochs: 2), TinyData.Rows(24));
        var report = model.Report!;
        var path = Path.Combine(_folder, "model.zip");
        _ml.Model.Save(model, null, path);
        var loaded = ((EvaTransformer)_ml.Model.Load(path, out _)).Report!;

        Assert.Equal(Json(report with { SecondsLoad = 0, SecondsEva = 0, SecondsTrain = 0, Environment = new Dictionary<string, string>() }), Json(loaded));
        Assert.Equal("2", loaded.Settings["Adapter.Rank"]);
        Assert.Equal("16", loaded.Settings["Adapter.Initialization.BatchSize"]);
        Assert.Equal("None", loaded.Settings["Adapter.Initialization.Whitening"]); // left open, and chosen for texts
        Assert.Equal("Mean", loaded.Settings["Head"]);
        Assert.Equal(report.Losses.Count, loaded.LearningRates.Count);
        Assert.Contains(".NET", report.Environment["Runtime"]);
    }

    [Fact]
    public void Report_NotAskedForTexts_HasNoneInTheFile()
    {
        var rows = TinyData.Rows(24);
        rows[3].Text = "a secret that stays at home";
        using var model = Fit(TinyData.TinyOptions(epochs: 1), rows);
        var path = Path.Combine(_folder, "model.zip");
        _ml.Model.Save(model, null, path);

        using var zip = ZipFile.OpenRead(path);
        var entry = zip.Entries.Single(entry => entry.FullName.EndsWith("report.json", StringComparison.Ordinal));
        using var reader = new StreamReader(entry.Open());
        var json = reader.ReadToEnd();
        Assert.DoesNotContain("secret", json);
        Assert.DoesNotContain(_folder, json);
        Assert.Contains("\"hard_rows\"", json);
    }

    private EvaTransformer Fit(EvaLoraTextOptions options, IReadOnlyList<TinyData.Row>? validation, IReadOnlyList<TinyData.Row>? train = null)
    {
        options.ValidationSet = validation is null ? null : _ml.Data.LoadFromEnumerable(validation);
        return TinyData.Eva(TinyData.Pipeline(_ml, options).Fit(_ml.Data.LoadFromEnumerable(train ?? TinyData.Rows())));
    }

    private static string Json(TrainingReport report)
    {
        using var stream = new MemoryStream();
        report.WriteJson(stream);
        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }
}
