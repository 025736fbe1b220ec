using Microsoft.ML.Data;
using Microsoft.ML.Eva.Data.Labels;
using static Microsoft.ML.Eva.Tests.MLNet.TinyData;

namespace Microsoft.ML.Eva.Tests.MLNet;

/// <summary>Class weights, example weights and label smoothing, as a caller of the trainers meets them.</summary>
public sealed class WeightTests
{
    private readonly MLContext _ml = new(seed: 1);

    private static List<WeightedRow> Weighted(Func<int, float> weight) =>
        [.. Rows().Select((row, i) => new WeightedRow { Text = row.Text!, Label = row.Label!, Weight = weight(i) })];

    private EvaTransformer Fit(IEnumerable<WeightedRow> rows, Action<EvaLoraTextOptions>? change = null, int epochs = 1)
    {
        var data = _ml.Data.LoadFromEnumerable(rows);
        var options = TinyOptions(epochs);
        options.ExampleWeightColumnName = "Weight";
        change?.Invoke(options);
        return _ml.Trainer(options).Fit(_ml.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data));
    }

    private float[][] Scores(EvaTransformer model) => model.Transform(_ml.Data.LoadFromEnumerable(Rows())).Scores();

    [Fact]
    public void ExampleWeights_AllTheSame_ChangeNothingButRounding()
    {
        using var plain = Fit(Weighted(_ => 1), options => options.ExampleWeightColumnName = null);
        using var weighted = Fit(Weighted(_ => 4));

        Assert.Equal(plain.Report!.Losses.Count, weighted.Report!.Losses.Count);
        Assert.All(plain.Report.Losses.Zip(weighted.Report.Losses), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
    }

    [Fact]
    public void ExampleWeights_OfOneClassOnly_TeachThatClass()
    {
        using var model = Fit(Weighted(i => i % 2 == 0 ? 1 : 0), epochs: 4);

        Assert.All(Scores(model), row => Assert.True(row[0] > 0.5f));
    }

    [Fact]
    public void ExampleWeights_Missing_LeavesTheRowOutWithAWarning()
    {
        var warnings = new List<string>();
        _ml.Log += (_, e) => warnings.Add(e.Message);
        using var model = Fit(Weighted(i => i < 10 ? float.NaN : 1));

        Assert.Equal(54, model.Report!.Rows);
        Assert.Contains(warnings, message => message.Contains("10 of 64 training rows have no weight and were left out"));
    }

    [Theory]
    [InlineData(-1, "Row 5 has the weight -1 in column 'Weight'")]
    [InlineData(float.PositiveInfinity, "finite numbers of at least 0")]
    public void ExampleWeights_OutOfRange_AreRefusedWithTheirRow(float weight, string part)
    {
        Assert.Contains(part, Assert.Throws<InvalidDataException>(() => Fit(Weighted(i => i == 5 ? weight : 1))).Message);
    }

    [Fact]
    public void ExampleWeights_ThatTeachNothing_AreRefused()
    {
        Assert.Contains("nothing to learn", Assert.Throws<ArgumentException>(() => Fit(Weighted(_ => 0))).Message);
        Assert.Contains("has a weight in column 'Weight'", Assert.Throws<ArgumentException>(() => Fit(Weighted(_ => float.NaN))).Message);
        Assert.Contains("'Importance'", Assert.Throws<ArgumentException>(() => Fit(Weighted(_ => 1), options => options.ExampleWeightColumnName = "Importance")).Message);
        Assert.Contains("Weight column 'Text'", Assert.Throws<ArgumentException>(() => Fit(Weighted(_ => 1), options => options.ExampleWeightColumnName = "Text")).Message);
    }

    [Fact]
    public void ExampleWeights_OfTheWrongType_AreRefusedBeforeFitting()
    {
        var options = TinyOptions();
        options.ExampleWeightColumnName = "Text";

        Assert.Contains("Weight column 'Text'", Assert.Throws<ArgumentException>(() => _ml.Pipeline(options).GetOutputSchema(ShapeOf(_ml.Data.LoadFromEnumerable(Rows()).Schema))).Message);
    }

    [Fact]
    public void ExampleWeights_ForPictures_AreUsedToo()
    {
        var rows = TinyPictures.Rows().Select(row => new WeightedPicture { Image = row.Image, Label = row.Label, Weight = row.Label == "red" ? 1 : 0 });
        var data = _ml.Data.LoadFromEnumerable(rows);
        var options = TinyPictures.PictureOptions(epochs: 4);
        options.ExampleWeightColumnName = "Weight";

        var model = _ml.ImagePipeline(options).Fit(data);

        Assert.All(model.Transform(data).Scores(), row => Assert.True(row[0] > 0.5f));
    }

    [Fact]
    public void ClassWeights_EqualNumbers_ChangeNothingButRounding()
    {
        using var plain = Fit(Weighted(_ => 1));
        using var weighted = Fit(Weighted(_ => 1), options => options.ClassWeights = ClassWeights.Of(new Dictionary<string, double> { ["good"] = 3, ["bad"] = 3 }));
        using var balanced = Fit(Weighted(_ => 1), options => options.ClassWeights = ClassWeights.Balanced); // both have 32 rows

        Assert.All(plain.Report!.Losses.Zip(weighted.Report!.Losses), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
        Assert.All(plain.Report!.Losses.Zip(balanced.Report!.Losses), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
    }

    [Fact]
    public void ClassWeights_OfOneClassOnly_TeachThatClass()
    {
        using var model = Fit(Weighted(_ => 1), options => options.ClassWeights = ClassWeights.Of(new Dictionary<string, double> { ["good"] = 0 }), epochs: 4);

        Assert.All(Scores(model), row => Assert.True(row[1] > 0.5f));
    }

    [Fact]
    public void ClassWeights_Balanced_AreRowsOverClassesTimesRowsOfTheClass()
    {
        var labels = new ClassLabels();
        foreach (var @class in new[] { 0, 0, 0, 2, 0, 2 })
            labels.Add(@class);

        Assert.Equal([6f / 2 / 4, 0, 6f / 2 / 2], labels.BalancedWeights(3));
    }

    [Fact]
    public void ClassWeights_Unusable_AreRefusedWithTheReason()
    {
        Assert.Contains("at least one class", Assert.Throws<ArgumentException>(() => ClassWeights.Of(new Dictionary<string, double>())).Message);
        Assert.Contains("'good' has the weight -1", Assert.Throws<ArgumentException>(() => ClassWeights.Of(new Dictionary<string, double> { ["good"] = -1 })).Message);
        var strange = Assert.Throws<ArgumentException>(() => Fit(Weighted(_ => 1), options => options.ClassWeights = ClassWeights.Of(new Dictionary<string, double> { ["fine"] = 2 })));
        Assert.All(["'fine'", "'good'", "'bad'"], part => Assert.Contains(part, strange.Message));
        Assert.Contains("nothing to learn", Assert.Throws<ArgumentException>(() => Fit(Weighted(_ => 1), options => options.ClassWeights = ClassWeights.Of(new Dictionary<string, double> { ["good"] = 0, ["bad"] = 0 }))).Message);
    }

    [Fact]
    public void LabelSmoothing_KeepsTheModelLessSure()
    {
        using var sure = Fit(Weighted(_ => 1), epochs: 8);
        using var smooth = Fit(Weighted(_ => 1), options => options.LabelSmoothing = 0.4, epochs: 8);

        // With s = 0.4 and two classes the loss is least at 0.8.
        Assert.True(Scores(sure).Average(row => row.Max()) > 0.9);
        Assert.InRange(Scores(smooth).Average(row => row.Max()), 0.6, 0.88);
    }

    [Fact]
    public void Options_ForClassesOnly_AreRefusedForRegressionAllAtOnce()
    {
        var options = TinyOptions();
        (options.ClassWeights, options.LabelSmoothing, options.Threshold) = (ClassWeights.Balanced, 0.1, 0.3);

        var e = Assert.Throws<ArgumentException>(() => _ml.Regression.Trainers.EvaLora(options));

        Assert.All(["ClassWeights", "ExampleWeightColumnName weighs rows", "LabelSmoothing", "Threshold"], part => Assert.Contains(part, e.Message));
        Assert.Contains("Threshold is 0.3, but must be left alone for classes that exclude each other", Assert.Throws<ArgumentException>(() => _ml.Trainer(options)).Message);
    }

    [Theory]
    [InlineData(1.0)]
    [InlineData(-0.1)]
    [InlineData(double.NaN)]
    public void LabelSmoothing_OutOfRange_IsRefused(double smoothing)
    {
        var options = TinyOptions();
        options.LabelSmoothing = smoothing;

        Assert.Contains("LabelSmoothing", Assert.Throws<ArgumentException>(() => _ml.Trainer(options)).Message);
    }

    private sealed class WeightedRow
    {
        public string Text { get; set; } = "";

        public string Label { get; set; } = "";

        public float Weight { get; set; }
    }

    private sealed class WeightedPicture
    {
        public byte[] Image { get; set; } = [];

        public string Label { get; set; } = "";

        public double Weight { get; set; }
    }
}
