using Microsoft.ML.Data;
using static Microsoft.ML.Eva.Tests.MLNet.TinyData;

namespace Microsoft.ML.Eva.Tests.MLNet;

public sealed class TextClassificationTests
{
    private readonly MLContext _ml = new(seed: 1);

    private IDataView Data(IEnumerable<Row>? rows = null) => _ml.Data.LoadFromEnumerable(rows ?? Rows());

    [Fact]
    public void Fit_WhiteningLeftOpen_IsNone()
    {
        float[][] Scores(EvaWhitening? whitening)
        {
            var options = TinyOptions(epochs: 1);
            options.Adapter = new LoraOptions { Rank = 2, Alpha = 2, Initialization = new EvaOptions { BatchSize = 16, MaxBatches = 8, Whitening = whitening } };
            return _ml.Pipeline(options).Fit(Data()).Transform(Data()).Scores();
        }

        var open = Scores(null);

        Assert.Equal(Scores(EvaWhitening.None), open);
        Assert.NotEqual(Scores(EvaWhitening.UnitVariance), open);
    }

    [Fact]
    public void Fit_OnALearnableTask_LearnsIt()
    {
        var model = _ml.Pipeline().Fit(Data());

        var metrics = _ml.MulticlassClassification.Evaluate(model.Transform(Data()));

        Assert.True(metrics.MicroAccuracy > 0.9, $"accuracy {metrics.MicroAccuracy}");
        Assert.InRange(metrics.LogLoss, 0, 0.5);
        Assert.True(model.Eva().Report!.Losses[^1] < model.Eva().Report!.Losses[0]);
    }

    [Fact]
    public void Transform_AddsProbabilitiesWithSlotNamesAndAKeyWithValues()
    {
        var model = _ml.Pipeline(TinyOptions(epochs: 1)).Fit(Data());

        var view = model.Transform(Data());

        VBuffer<ReadOnlyMemory<char>> names = default;
        view.Schema["Score"].Annotations.GetValue("SlotNames", ref names);
        Assert.Equal(["good", "bad"], names.DenseValues().Select(name => name.ToString()));
        Assert.All(view.Scores(), row => Assert.Equal(1f, row.Sum(), 1e-5f));
        Assert.Equal(["good", "bad"], model.Eva().Classes);
        Assert.Equal(view.GetColumn<string>("PredictedLabel"), view.Scores().Select(row => row[0] >= row[1] ? "good" : "bad"));
    }

    [Fact]
    public void GetOutputSchema_BeforeAndAfterFit_AgreesWithTransform()
    {
        var chain = _ml.Transforms.Conversion.MapValueToKey("Label").Append(_ml.Trainer(TinyOptions(epochs: 1)));
        var model = chain.Fit(Data());

        var promised = chain.GetOutputSchema(ShapeOf(Data().Schema));
        var actual = model.Transform(Data()).Schema;

        Assert.Equal(actual.Select(c => (c.Name, c.Type.ToString())), model.GetOutputSchema(Data().Schema).Select(c => (c.Name, c.Type.ToString())));
        foreach (var column in promised)
        {
            Assert.True(actual.GetColumnOrNull(column.Name) is not null, column.Name);
            Assert.Equal(column.IsKey, actual[column.Name].Type is KeyDataViewType);
        }
    }

    [Fact]
    public void Transform_AndPredictionEngine_GiveTheSameScores()
    {
        var model = _ml.Pipeline(TinyOptions(epochs: 1)).Fit(Data());
        using var engine = _ml.Model.CreatePredictionEngine<Row, Prediction>(model);

        var batched = model.Transform(Data()).Scores();

        foreach (var (row, scores) in Rows().Zip(batched))
        {
            var single = engine.Predict(row);
            Assert.All(single.Score.Zip(scores), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
        }
    }

    [Fact]
    public void Transform_MoreRowsThanOneChunk_KeepsOrderAndColumns()
    {
        var model = _ml.Pipeline(TinyOptions(epochs: 1)).Fit(Data());
        var many = Rows(1500);

        var view = model.Transform(Data(many));
        var reversed = model.Transform(Data(Enumerable.Reverse(many))).Scores();

        Assert.Equal(many.Select(row => row.Id), view.GetColumn<int>("Id"));
        var scores = view.Scores();
        Assert.Equal(1500, scores.Length);
        for (var i = 0; i < scores.Length; i++)
            Assert.All(scores[i].Zip(reversed[^(i + 1)]), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
        // rows with the same text have the same score wherever they stand
        Assert.Equal(scores[0][0], scores[280][0], 1e-5f);
        Assert.NotEqual(scores[0][0], scores[1][0]);
    }

    [Fact]
    public void Transform_Shuffled_PairsScoresWithTheirRows()
    {
        var model = _ml.Pipeline(TinyOptions(epochs: 1)).Fit(Data());
        var byId = Rows(200).Zip(model.Transform(Data(Rows(200))).Scores()).ToDictionary(pair => pair.First.Id, pair => pair.Second);
        var view = model.Transform(_ml.Data.ShuffleRows(Data(Rows(200)), seed: 3));

        var ids = new List<int>();
        using var cursor = view.GetRowCursor([view.Schema["Id"], view.Schema["Score"]], new Random(5));
        var (getId, getScore) = (cursor.GetGetter<int>(view.Schema["Id"]), cursor.GetGetter<VBuffer<float>>(view.Schema["Score"]));
        while (cursor.MoveNext())
        {
            var (id, score) = (0, default(VBuffer<float>));
            getId(ref id);
            getScore(ref score);
            ids.Add(id);
            Assert.Equal(byId[id][0], score.GetItemOrDefault(0), 1e-5f);
        }

        Assert.Equal(Enumerable.Range(0, 200), ids.Order());
        Assert.NotEqual(Enumerable.Range(0, 200), ids);
    }

    [Fact]
    public void SaveAndLoad_GiveTheSameScoresAndReport()
    {
        var model = _ml.Pipeline(TinyOptions(epochs: 1)).Fit(Data());
        using var file = new MemoryStream();

        _ml.Model.Save(model, Data().Schema, file);
        var loaded = new MLContext().Model.Load(file, out var schema);

        Assert.Equal(model.Transform(Data()).Scores(), loaded.Transform(Data()).Scores());
        Assert.Equal(model.Eva().Report!.Ranks, loaded.Eva().Report!.Ranks);
        Assert.Equal(model.Eva().Report!.Losses, loaded.Eva().Report!.Losses);
        Assert.NotNull(schema.GetColumnOrNull("Text"));
    }

    [Fact]
    public void SaveAndLoad_WithDataLoader_ReadsAndScoresAFile()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllLines(path, Rows().Select(row => $"{row.Label}\t{row.Text}"));
            var loader = _ml.Data.CreateTextLoader([new("Label", DataKind.String, 0), new("Text", DataKind.String, 1)]);
            var data = loader.Load(path);
            var model = _ml.Pipeline(TinyOptions(epochs: 1)).Fit(data);
            using var file = new MemoryStream();

            _ml.Model.Save(model, loader, file);
            var loaded = new MLContext().Model.LoadWithDataLoader(file, out var loadedLoader);

            Assert.Equal(model.Transform(data).Scores(), loaded.Transform(loadedLoader.Load(path)).Scores());
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData(typeof(int))]
    [InlineData(typeof(bool))]
    [InlineData(typeof(float))]
    [InlineData(typeof(DateTime))]
    public void Labels_OfAnyType_ComeBackAsThemselves(Type type)
    {
        object Label(bool isGood) => type == typeof(int) ? (isGood ? 7 : -2) : type == typeof(bool) ? isGood : type == typeof(float) ? (isGood ? 1.5f : 0.25f) : new DateTime(isGood ? 2020 : 2021, 1, 2);
        var method = typeof(TextClassificationTests).GetMethod(nameof(RoundTripLabels), System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance)!;

        method.MakeGenericMethod(type).Invoke(this, [Label(true), Label(false)]);
    }

    private void RoundTripLabels<T>(T good, T bad)
    {
        var data = _ml.Data.LoadFromEnumerable(Rows().Select(row => new TypedRow<T> { Text = row.Text!, Label = row.Label == "good" ? good : bad }));
        var model = _ml.Pipeline().Fit(data);
        using var file = new MemoryStream();
        _ml.Model.Save(model, data.Schema, file);

        var predicted = _ml.Model.Load(file, out _).Transform(data).GetColumn<T>("PredictedLabel").ToList();

        Assert.Equal([good, bad], predicted.Distinct().OrderByDescending(value => Equals(value, good)));
    }

    [Fact]
    public void Fit_MissingLabelsAndTexts_AreLeftOutAndEmpty_WithAWarning()
    {
        var rows = Rows();
        (rows[3].Label, rows[5].Text) = (null, null);
        var messages = new List<string>();
        _ml.Log += (_, e) => messages.Add(e.Message);

        var model = _ml.Pipeline(TinyOptions(epochs: 1)).Fit(Data(rows));

        Assert.Equal(63, model.Eva().Report!.Rows);
        Assert.Equal(1, model.Eva().Report!.RowsWithoutLabel);
        Assert.Contains(messages, message => message.Contains("1 of 64 training rows have no label"));
        Assert.Equal(64, model.Transform(Data(rows)).Scores().Length);
    }

    [Fact]
    public void Fit_OnASubsetOfTheKeysValues_HasAllOfThemAsClasses()
    {
        var keyed = _ml.Transforms.Conversion.MapValueToKey("Label").Fit(Data([.. Rows(), new Row { Text = "so so", Label = "neutral" }]));
        var subset = _ml.Data.TakeRows(keyed.Transform(Data()), 64);

        using var model = _ml.Trainer(TinyOptions(epochs: 1)).Fit(subset);

        Assert.Equal(["good", "bad", "neutral"], model.Classes);
        Assert.All(model.Transform(subset).Scores(), row => Assert.Equal(3, row.Length));
    }

    [Fact]
    public void Fit_Twice_GivesTheSameModel_AndLeavesTheOptionsAlone()
    {
        var options = TinyOptions(epochs: 1);
        var pipeline = _ml.Pipeline(options);
        options.Training.Epochs = 3; // after the estimator took its copy

        var first = pipeline.Fit(Data());
        var second = pipeline.Fit(Data());

        Assert.Equal(first.Transform(Data()).Scores(), second.Transform(Data()).Scores());
        Assert.Equal(8, first.Eva().Report!.Losses.Count);
    }

    [Fact]
    public void Fit_WithValidationSet_KeepsTheBestEpoch()
    {
        var options = TinyOptions(epochs: 3);
        options.ValidationSet = Data(Rows(32)); // labels as text, as before MapValueToKey

        var report = _ml.Pipeline(options).Fit(Data()).Eva().Report!;

        Assert.Equal(3, report.ValidationMetrics.Count);
        Assert.Equal(report.ValidationMetrics.Max(), report.ValidationMetrics[report.BestEpoch - 1]);
    }

    [Fact]
    public void Fit_WithValidationFraction_SetsRowsApart()
    {
        var options = TinyOptions(epochs: 1);
        options.Training.ValidationFraction = 0.25;

        var report = _ml.Pipeline(options).Fit(Data()).Eva().Report!;

        Assert.Equal(48, report.Rows);
        Assert.Single(report.ValidationMetrics);
    }

    [Fact]
    public void Fit_Cancelled_ReturnsTheModelSoFar()
    {
        using var cancellation = new CancellationTokenSource();
        var options = TinyOptions(epochs: 1000);
        options.Training.CancellationToken = cancellation.Token;
        options.Training.Progress = new Listener(progress =>
        {
            if (progress.Step >= 5)
                cancellation.Cancel();
        });

        var model = _ml.Pipeline(options).Fit(Data());

        Assert.True(model.Eva().Report!.IsCancelled);
        Assert.InRange(model.Eva().Report!.Losses.Count, 5, 100);
        Assert.Equal(64, model.Transform(Data()).Scores().Length);
    }

    [Fact]
    public void CrossValidate_GivesSaneMetricsForEveryFold()
    {
        var keyed = _ml.Transforms.Conversion.MapValueToKey("Label").Fit(Data()).Transform(Data());

        var folds = _ml.MulticlassClassification.CrossValidate(keyed, _ml.Trainer(), numberOfFolds: 3);

        Assert.Equal(3, folds.Count);
        Assert.All(folds, fold => Assert.True(fold.Metrics.MicroAccuracy > 0.7, $"accuracy {fold.Metrics.MicroAccuracy}"));
    }

    [Fact]
    public void Chain_WithATrainerBehind_FeedsOnTheScores()
    {
        var chain = _ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(_ml.Trainer())
            .Append(_ml.MulticlassClassification.Trainers.SdcaMaximumEntropy(labelColumnName: "Label", featureColumnName: "Score"))
            .Append(_ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));

        var metrics = _ml.MulticlassClassification.Evaluate(chain.Fit(Data()).Transform(Data()));

        Assert.True(metrics.MicroAccuracy > 0.9, $"accuracy {metrics.MicroAccuracy}");
    }

    [Fact]
    public void Pairs_TheSecondTextMatters()
    {
        var options = TinyOptions(epochs: 8);
        options.Sentence2ColumnName = "Pair";
        var data = _ml.Data.LoadFromEnumerable(Rows().Select(row => new PairRow { Text = "how was it", Pair = row.Text!, Label = row.Label! }));

        var metrics = _ml.MulticlassClassification.Evaluate(_ml.Pipeline(options).Fit(data).Transform(data));

        Assert.True(metrics.MicroAccuracy > 0.9, $"accuracy {metrics.MicroAccuracy}");
    }

    private sealed class Listener(Action<TrainingProgress> listen) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => listen(value);
    }

    private sealed class TypedRow<T>
    {
        public string Text { get; set; } = "";

        public T Label { get; set; } = default!;
    }

    private sealed class PairRow
    {
        public string Text { get; set; } = "";

        public string Pair { get; set; } = "";

        public string Label { get; set; } = "";
    }
}
