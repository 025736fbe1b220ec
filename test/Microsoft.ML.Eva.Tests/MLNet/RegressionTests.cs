using Microsoft.ML.Data;
using Microsoft.ML.Eva.Persistence;
using static Microsoft.ML.Eva.Tests.MLNet.TinyNumbers;

namespace Microsoft.ML.Eva.Tests.MLNet;

public sealed class RegressionTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("eva-regression-");

    public void Dispose() => _folder.Delete(recursive: true);

    private IDataView Data(IEnumerable<NumberRow>? rows = null) => _ml.Data.LoadFromEnumerable(rows ?? Rows());

    private static float[] Scores(IDataView view) => [.. view.GetColumn<float>("Score")];

    [Fact]
    public void Fit_OnALearnableTask_GivesNumbersOnTheLabelsOwnScale()
    {
        using var model = _ml.Regression.Trainers.EvaLora(NumberOptions()).Fit(Data());

        var scored = model.Transform(Data());
        var metrics = _ml.Regression.Evaluate(_ml.Transforms.Conversion.ConvertType("Label", outputKind: DataKind.Single).Fit(scored).Transform(scored));

        Assert.True(metrics.RSquared > 0.8, $"R² {metrics.RSquared}");
        Assert.Empty(model.Classes);
    }

    [Fact]
    public void Fit_Validated_ReportsPearsonAndSpearman()
    {
        var options = NumberOptions();
        options.Training.ValidationFraction = 0.25;

        using var model = _ml.Regression.Trainers.EvaLora(options).Fit(Data());

        var report = model.Report!;
        Assert.Equal("PearsonCorrelation", report.MetricName);
        Assert.Equal(report.ValidationMetrics.Max(), report.ValidationMetrics[report.BestEpoch - 1]);
        Assert.InRange(report.ValidationMetrics.Max(), 0.8, 1);
        Assert.InRange(report.FurtherMetrics["SpearmanCorrelation"].Max(), 0.8, 1);
        Assert.Contains("SpearmanCorrelation", report.ToString());
        // the loss is that of labels of deviation 1: better than always saying the mean
        Assert.InRange(report.ValidationLosses[report.BestEpoch - 1], 0, 0.5);
    }

    [Fact]
    public void Fit_LabelsAsTheyAre_HasTheirSquareForALoss()
    {
        var (scaled, plain) = (NumberOptions(epochs: 1), NumberOptions(epochs: 1));
        plain.StandardizesLabels = false;

        using var ofScaled = _ml.Regression.Trainers.EvaLora(scaled).Fit(Data());
        using var ofPlain = _ml.Regression.Trainers.EvaLora(plain).Fit(Data());

        // numbers of 1000 to 1400, and a network that begins near 0
        Assert.InRange(ofScaled.Report!.Losses[0], 0, 10);
        Assert.InRange(ofPlain.Report!.Losses[0], 1000 * 1000, 1400 * 1400);
        Assert.All(Scores(ofScaled.Transform(Data())), score => Assert.InRange(score, 500, 2000));
    }

    [Fact]
    public void StandardizesLabels_ForClasses_IsRefused()
    {
        var options = TinyData.TinyOptions(epochs: 1);
        options.StandardizesLabels = false;

        Assert.Contains("StandardizesLabels is False, but must be left alone for classification", Assert.Throws<ArgumentException>(() => _ml.MulticlassClassification.Trainers.EvaLora(options)).Message);
    }

    [Fact]
    public void Fit_LabelOfAnyNumericType_LearnsTheSame()
    {
        using var model = _ml.Regression.Trainers.EvaLora(NumberOptions(epochs: 1)).Fit(Data());
        var expected = Scores(model.Transform(Data()));

        Assert.Equal(expected, ScoresOf(number => (float)number));
        Assert.Equal(expected, ScoresOf(number => (short)number));
        Assert.Equal(expected, ScoresOf(number => (ushort)number));
        Assert.Equal(expected, ScoresOf(number => (int)number));
        Assert.Equal(expected, ScoresOf(number => (uint)number));
        Assert.Equal(expected, ScoresOf(number => (long)number));
        Assert.Equal(expected, ScoresOf(number => (ulong)number));
    }

    private float[] ScoresOf<T>(Func<double, T> convert)
    {
        var data = _ml.Data.LoadFromEnumerable(Rows().Select(row => new TypedRow<T> { Text = row.Text, Label = convert(row.Label) }));
        using var model = _ml.Regression.Trainers.EvaLora(NumberOptions(epochs: 1)).Fit(data);
        return Scores(model.Transform(Data()));
    }

    [Fact]
    public void Fit_MissingAndInfiniteLabels_AreLeftOutAndCounted()
    {
        var rows = Rows();
        (rows[3].Label, rows[7].Label, rows[9].Label) = (double.NaN, double.PositiveInfinity, double.NaN);
        using var expected = _ml.Regression.Trainers.EvaLora(NumberOptions(epochs: 1)).Fit(Data(rows.Where(row => double.IsFinite(row.Label))));
        var warnings = new List<string>();
        var ml = new MLContext(seed: 1);
        ml.Log += (_, e) => warnings.Add(e.Message);

        using var model = ml.Regression.Trainers.EvaLora(NumberOptions(epochs: 1)).Fit(Data(rows));

        Assert.Equal(3, model.Report!.RowsWithoutLabel);
        Assert.Contains(warnings, message => message.Contains("3 of 80 training rows have no label that is a finite number"));
        Assert.Equal(Scores(expected.Transform(Data())), Scores(model.Transform(Data())));
    }

    [Fact]
    public void Fit_LabelsThatAreAllTheSame_IsToldAsAWarning()
    {
        var rows = Rows(16);
        rows.ForEach(row => row.Label = 2.5);
        var warnings = new List<string>();
        _ml.Log += (_, e) => warnings.Add(e.Message);

        using var model = _ml.Regression.Trainers.EvaLora(NumberOptions(epochs: 1)).Fit(Data(rows));

        Assert.Single(warnings, message => message.Contains("All 16 training rows have the label 2.5"));
        Assert.All(Scores(model.Transform(Data(rows))), score => Assert.True(float.IsFinite(score)));
    }

    [Fact]
    public void TransformEngineAndLoadedModel_GiveTheSameNumbers()
    {
        var pipeline = _ml.Transforms.CopyColumns("Kept", "Label").Append(_ml.Regression.Trainers.EvaLora(NumberOptions(epochs: 2)));
        var model = pipeline.Fit(Data());
        using var file = new MemoryStream();
        _ml.Model.Save(model, Data().Schema, file);
        var loaded = new MLContext().Model.Load(file, out _);
        using var engine = _ml.Model.CreatePredictionEngine<NumberRow, NumberPrediction>(model);

        var scores = Scores(model.Transform(Data()));

        Assert.Equal(scores, Scores(loaded.Transform(Data())));
        Assert.All(Rows().Zip(scores), pair => Assert.Equal(pair.Second, engine.Predict(pair.First).Score, 1e-2f)); // of numbers about 1200
        Assert.Equal("PearsonCorrelation", loaded.Eva().Report!.MetricName);
    }

    [Fact]
    public void OutputSchema_IsThatOfMLNetsRegressions()
    {
        var trainer = _ml.Regression.Trainers.EvaLora(NumberOptions(epochs: 1));
        using var model = trainer.Fit(Data());

        var actual = model.Transform(Data()).Schema;
        var promised = trainer.GetOutputSchema(TinyData.ShapeOf(Data().Schema));

        Assert.Equal(["Text", "Label", "Score"], actual.Select(column => column.Name));
        Assert.Equal(NumberDataViewType.Single, actual["Score"].Type);
        ReadOnlyMemory<char> kind = default;
        actual["Score"].Annotations.GetValue("ScoreColumnKind", ref kind);
        Assert.Equal("Regression", kind.ToString());
        Assert.Equal(actual.Select(column => column.Name).Order(), promised.Select(column => column.Name).Order());
    }

    [Fact]
    public void SaveAdapter_ThenFitFromTheFolder_GoesOnAtTheLabelsScale()
    {
        using var first = _ml.Regression.Trainers.EvaLora(NumberOptions()).Fit(Data());
        first.SaveAdapter(_folder.FullName);
        var options = NumberOptions(epochs: 1);
        options.Adapter = new AdapterFolderOptions { Folder = _folder.FullName };
        options.Training.LearningRate = 1e-9;

        using var second = _ml.Regression.Trainers.EvaLora(options).Fit(Data());

        var expected = Scores(first.Transform(Data()));
        Assert.All(expected.Zip(Scores(second.Transform(Data()))), pair => Assert.Equal(pair.First, pair.Second, 0.1f));
    }

    [Fact]
    public void Fit_Pictures_LearnsTheirNumber()
    {
        var pictures = TinyPictures.Rows().Select(row => new PictureNumber { Image = row.Image, Label = row.Label == "red" ? -3 : 5 });
        var data = _ml.Data.LoadFromEnumerable(pictures);

        using var model = _ml.Regression.Trainers.EvaLoraImage(TinyPictures.PictureOptions(epochs: 12)).Fit(data);

        Assert.True(_ml.Regression.EvaluateCorrelation(model.Transform(data)).PearsonCorrelation > 0.8);
        Assert.InRange(Scores(model.Transform(data)).Average(), 0, 2);
    }

    [Fact]
    public void EvaluateCorrelation_LeavesOutMissingLabelsAndNamesBadColumns()
    {
        var data = _ml.Data.LoadFromEnumerable(new[] { (1f, 10.0), (2f, 30.0), (3f, double.NaN), (4f, 20.0) }.Select(row => new Scored { Score = row.Item1, Label = row.Item2 }));

        var metrics = _ml.Regression.EvaluateCorrelation(data);

        // scores 1 2 4 against 10 30 20: means 7/3 and 20; covariance (−4/3·−10 + −1/3·10 + 5/3·0) = 10
        Assert.Equal(10 / Math.Sqrt(14.0 / 3 * 200), metrics.PearsonCorrelation, 1e-12);
        Assert.Equal(0.5, metrics.SpearmanCorrelation, 1e-12);
        Assert.Equal(3, metrics.Rows);
        Assert.Contains("'Truth'", Assert.Throws<ArgumentException>(() => _ml.Regression.EvaluateCorrelation(data, "Truth")).Message);
        Assert.Contains("must be a number", Assert.Throws<ArgumentException>(() => _ml.Regression.EvaluateCorrelation(Data(), "Text", "Label")).Message);
    }

    [Fact]
    public void Fit_LabelThatIsNoNumber_SaysHowToMakeOne()
    {
        var data = _ml.Data.LoadFromEnumerable(TinyData.Rows());
        var options = NumberOptions();

        var e = Assert.Throws<ArgumentException>(() => _ml.Regression.Trainers.EvaLora(options).Fit(data));
        var promised = Assert.Throws<ArgumentException>(() => _ml.Regression.Trainers.EvaLora(options).GetOutputSchema(TinyData.ShapeOf(data.Schema)));

        Assert.All([e, promised], error => Assert.All(["'Label'", "String", "ConvertType"], part => Assert.Contains(part, error.Message)));
    }

    [Fact]
    public void Options_ThatMeanNothingForNumbers_AreRefused()
    {
        var options = NumberOptions();
        options.PredictionColumnName = "Predicted";

        var e = Assert.Throws<ArgumentException>(() => _ml.Regression.Trainers.EvaLora(options));

        Assert.Contains("PredictionColumnName is 'Predicted', but must be left alone for regression", e.Message);
    }

    [Fact]
    public void ModelTasks_EveryName_IsReadAsItsParts()
    {
        Assert.Equal(("text", LearningTask.Regression), ModelTasks.Parse("text-regression"));
        Assert.Equal(("image", LearningTask.Classification), ModelTasks.Parse(ModelTasks.Name("image", LearningTask.Classification)));
        Assert.Contains("'text-translation'", Assert.Throws<InvalidDataException>(() => ModelTasks.Parse("text-translation")).Message);
    }

    private sealed class TypedRow<T>
    {
        public string Text { get; set; } = "";

        public T? Label { get; set; }
    }

    private sealed class PictureNumber
    {
        public byte[] Image { get; set; } = [];

        public float Label { get; set; }
    }

    private sealed class Scored
    {
        public float Score { get; set; }

        public double Label { get; set; }
    }
}
