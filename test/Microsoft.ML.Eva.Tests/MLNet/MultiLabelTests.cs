using Microsoft.ML.Data;
using Microsoft.ML.Eva.Data.Labels;
using static Microsoft.ML.Eva.Tests.MLNet.TinyData;

namespace Microsoft.ML.Eva.Tests.MLNet;

public sealed class MultiLabelTests
{
    private readonly MLContext _ml = new(seed: 1);

    // "good" or "bad" says the first label, "really" the second; the third is never true.
    private static List<TaggedRow> Tagged() => [.. Rows(80).Select(row => new TaggedRow
    {
        Text = row.Text!,
        Good = row.Text!.Contains("good"),
        Emphatic = row.Text.Contains("really"),
        Never = false,
    })];

    private IDataView Data(IEnumerable<TaggedRow>? rows = null, params string[] order)
    {
        var data = _ml.Data.LoadFromEnumerable(rows ?? Tagged());
        return _ml.Transforms.Concatenate("Label", order.Length > 0 ? order : ["Good", "Emphatic", "Never"]).Fit(data).Transform(data);
    }

    private EvaTransformer Fit(Action<EvaLoraTextOptions>? change = null, int epochs = 10, IDataView? data = null)
    {
        var options = TinyOptions(epochs);
        change?.Invoke(options);
        return _ml.MulticlassClassification.Trainers.EvaLoraMultiLabel(options).Fit(data ?? Data());
    }

    [Fact]
    public void Fit_OnALearnableTask_LearnsEveryLabelByItself()
    {
        using var model = Fit();

        var metrics = _ml.MulticlassClassification.EvaluateMultiLabel(model.Transform(Data()));

        Assert.True(metrics.MicroF1 > 0.9, $"{metrics}");
        Assert.True(metrics.MeanAveragePrecision > 0.9, $"{metrics}");
        Assert.InRange(metrics.HammingLoss, 0, 0.1);
        Assert.Equal(80, metrics.Rows);
        Assert.Equal(["Good", "Emphatic", "Never"], model.Classes);
    }

    [Fact]
    public void Transform_AddsProbabilitiesAndBooleansWithSlotNames()
    {
        using var model = Fit(epochs: 3);

        var view = model.Transform(Data());

        foreach (var name in new[] { "Score", "PredictedLabel" })
        {
            VBuffer<ReadOnlyMemory<char>> names = default;
            view.Schema[name].GetSlotNames(ref names);
            Assert.Equal(["Good", "Emphatic", "Never"], names.DenseValues().Select(slot => slot.ToString()));
        }
        Assert.All(view.Scores(), row => Assert.All(row, score => Assert.InRange(score, 0, 1)));
        Assert.Contains(view.Scores(), row => Math.Abs(row.Sum() - 1) > 0.1); // no softmax
        Assert.Equal(view.Scores().Select(row => row.Select(score => score >= 0.5f)), view.GetColumn<bool[]>("PredictedLabel"));
    }

    [Fact]
    public void Threshold_DecidesWhatIsPredicted_AlsoAfterLoading()
    {
        using var model = Fit(options => options.Threshold = 0.9, epochs: 3);
        using var file = new MemoryStream();
        _ml.Model.Save(model, Data().Schema, file);
        var loaded = new MLContext().Model.Load(file, out _);
        using var engine = _ml.Model.CreatePredictionEngine<TaggedRow, TagPrediction>(model);

        var view = model.Transform(Data());

        Assert.Equal(view.Scores().Select(row => row.Select(score => score >= 0.9f)), view.GetColumn<bool[]>("PredictedLabel"));
        Assert.Equal(view.Scores(), loaded.Transform(Data()).Scores());
        Assert.Equal(view.GetColumn<bool[]>("PredictedLabel"), loaded.Transform(Data()).GetColumn<bool[]>("PredictedLabel"));
        Assert.All(Tagged().Zip(view.Scores()), pair => Assert.All(engine.Predict(pair.First).Score.Zip(pair.Second), scores => Assert.Equal(scores.First, scores.Second, 1e-5f)));
    }

    [Fact]
    public void GetOutputSchema_PromisesWhatTransformGives()
    {
        var trainer = _ml.MulticlassClassification.Trainers.EvaLoraMultiLabel(TinyOptions(epochs: 1));
        using var model = trainer.Fit(Data());

        var promised = trainer.GetOutputSchema(ShapeOf(Data().Schema)).ToDictionary(column => column.Name);

        Assert.Equal(model.Transform(Data()).Schema.Select(column => column.Name).Order(), promised.Keys.Order());
        Assert.Equal(SchemaShape.Column.VectorKind.Vector, promised["PredictedLabel"].Kind);
        Assert.Equal(BooleanDataViewType.Instance, promised["PredictedLabel"].ItemType);
        Assert.Contains(promised["Score"].Annotations, annotation => annotation.Name == "SlotNames");
    }

    [Fact]
    public void Validation_SlotsInAnotherOrder_AreMatchedByName()
    {
        using var same = Fit(options => options.ValidationSet = Data(), epochs: 2);
        using var turned = Fit(options => options.ValidationSet = Data(null, "Never", "Good", "Emphatic"), epochs: 2);

        Assert.Equal("MicroF1", same.Report!.MetricName);
        Assert.Equal(["MacroF1", "MeanAveragePrecision"], same.Report.FurtherMetrics.Keys);
        Assert.Equal(same.Report.ValidationMetrics, turned.Report!.ValidationMetrics);
        Assert.Equal(same.Report.ValidationLosses, turned.Report.ValidationLosses);
    }

    [Fact]
    public void Validation_WithOtherSlots_NamesWhatIsMissing()
    {
        var e = Assert.Throws<ArgumentException>(() => Fit(options => options.ValidationSet = Data(null, "Good", "Never"), epochs: 1));

        Assert.All(["no slot 'Emphatic'", "'Good'"], part => Assert.Contains(part, e.Message));
    }

    [Fact]
    public void Label_WithoutSlotNames_IsNamedByNumbers()
    {
        var data = _ml.Data.LoadFromEnumerable(Tagged().Select(row => new BareRow { Text = row.Text, Label = [row.Good, row.Emphatic] }));

        using var model = Fit(epochs: 1, data: data);

        Assert.Equal(["0", "1"], model.Classes);
    }

    [Fact]
    public void Label_OfAnotherType_SaysHowToMakeIt()
    {
        var data = _ml.Data.LoadFromEnumerable(Rows());
        var trainer = _ml.MulticlassClassification.Trainers.EvaLoraMultiLabel(TinyOptions());

        var errors = new[] { Assert.Throws<ArgumentException>(() => trainer.Fit(data)), Assert.Throws<ArgumentException>(() => trainer.GetOutputSchema(ShapeOf(data.Schema))) };

        Assert.All(errors, e => Assert.All(["'Label'", "vector of booleans", "Concatenate"], part => Assert.Contains(part, e.Message)));
    }

    [Fact]
    public void Label_WithASlotNameTwice_IsRefused()
    {
        Assert.Contains("2 slots named 'Good'", Assert.Throws<ArgumentException>(() => Fit(data: Data(null, "Good", "Good", "Never"))).Message);
    }

    [Fact]
    public void ClassWeights_OfRareLabels_RaiseTheirScores()
    {
        var rows = Tagged();
        for (var i = 0; i < rows.Count; i++)
            rows[i].Never = i % 16 == 0; // a label that the text says nothing about
        float Mean(EvaTransformer model) => model.Transform(Data()).Scores().Average(row => row[2]);
        using var plain = Fit(epochs: 6, data: Data(rows));
        using var weighted = Fit(options => options.ClassWeights = ClassWeights.Balanced, epochs: 6, data: Data(rows));

        // 5 of 80 rows have it: by itself it goes towards 1/16, balanced towards 1/2.
        Assert.True(Mean(plain) < 0.12, $"{Mean(plain)}");
        Assert.True(Mean(weighted) > 1.5 * Mean(plain), $"{Mean(weighted)} against {Mean(plain)}");
    }

    [Fact]
    public void BalancedWeights_AreRowsWithoutOverRowsWith()
    {
        var labels = new LabelSets(3);
        labels.Add([true, false, true]);
        labels.Add([false, false, true]);
        labels.Add([false, false, true]);

        Assert.Equal([2f, 1f, 1f], labels.BalancedWeights());
    }

    [Fact]
    public void Fit_Pictures_LearnsTheirLabels()
    {
        var rows = TinyPictures.Rows().Select(row => new TaggedPicture { Image = row.Image, Label = [row.Label == "red", row.Label == "blue"] });
        var data = _ml.Data.LoadFromEnumerable(rows);

        using var model = _ml.MulticlassClassification.Trainers.EvaLoraImageMultiLabel(TinyPictures.PictureOptions(epochs: 12)).Fit(data);

        Assert.True(_ml.MulticlassClassification.EvaluateMultiLabel(model.Transform(data)).MicroF1 > 0.9);
    }

    [Fact]
    public void EvaluateMultiLabel_BadInput_IsNamed()
    {
        using var model = Fit(epochs: 1);
        var scored = model.Transform(Data());
        void Throws(string part, Action act) => Assert.Contains(part, Assert.Throws<ArgumentException>(act).Message);

        Throws("'Truth'", () => _ml.MulticlassClassification.EvaluateMultiLabel(scored, "Truth"));
        Throws("'Text' has type", () => _ml.MulticlassClassification.EvaluateMultiLabel(scored, "Text"));
        Throws("Score column 'Good'", () => _ml.MulticlassClassification.EvaluateMultiLabel(scored, scoreColumnName: "Good"));
        Throws("threshold is 1", () => _ml.MulticlassClassification.EvaluateMultiLabel(scored, threshold: 1));
        Throws("no row", () => _ml.MulticlassClassification.EvaluateMultiLabel(_ml.Data.SkipRows(scored, 1000)));
    }

    private sealed class TaggedRow
    {
        public string Text { get; set; } = "";

        public bool Good { get; set; }

        public bool Emphatic { get; set; }

        public bool Never { get; set; }
    }

    private sealed class TagPrediction
    {
        public bool[] PredictedLabel { get; set; } = [];

        public float[] Score { get; set; } = [];
    }

    private sealed class BareRow
    {
        public string Text { get; set; } = "";

        [VectorType(2)]
        public bool[] Label { get; set; } = [];
    }

    private sealed class TaggedPicture
    {
        public byte[] Image { get; set; } = [];

        [VectorType(2)]
        public bool[] Label { get; set; } = [];
    }
}
