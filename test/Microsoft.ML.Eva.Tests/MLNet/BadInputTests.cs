using Microsoft.ML.Data;
using static Microsoft.ML.Eva.Tests.MLNet.TinyData;

namespace Microsoft.ML.Eva.Tests.MLNet;

/// <summary>Every kind of bad input gets an exception that names what is wrong.</summary>
public sealed class BadInputTests
{
    private readonly MLContext _ml = new(seed: 1);

    private IDataView Data(IEnumerable<Row>? rows = null) => _ml.Data.LoadFromEnumerable(rows ?? Rows());

    private IDataView Keyed(IEnumerable<Row>? rows = null) => _ml.Transforms.Conversion.MapValueToKey("Label").Fit(Data(rows)).Transform(Data(rows));

    private static void AssertNames(Exception e, params string[] parts) => Assert.All(parts, part => Assert.Contains(part, e.Message));

    [Fact]
    public void TextColumn_Missing_IsNamedWithThosePresent()
    {
        var options = TinyOptions();
        options.Sentence1ColumnName = "Sentence";

        AssertNames(Assert.Throws<ArgumentException>(() => _ml.Trainer(options).Fit(Keyed())), "'Sentence'", "'Text'", "'Label'");
        AssertNames(Assert.Throws<ArgumentException>(() => _ml.Pipeline(options).GetOutputSchema(ShapeOf(Data().Schema))), "'Sentence'", "'Text'");
    }

    [Fact]
    public void TextColumn_OfNumbers_IsNamedWithItsType()
    {
        var options = TinyOptions();
        options.Sentence1ColumnName = "Id";

        AssertNames(Assert.Throws<ArgumentException>(() => _ml.Trainer(options).Fit(Keyed())), "'Id'", "Int32", "text");
    }

    [Fact]
    public void Label_Missing_IsNamed()
    {
        var options = TinyOptions();
        options.LabelColumnName = "Intent";

        AssertNames(Assert.Throws<ArgumentException>(() => _ml.Trainer(options).Fit(Data())), "'Intent'", "'Label'");
    }

    [Fact]
    public void Label_ThatIsNoKey_SaysHowToMakeOne()
    {
        AssertNames(Assert.Throws<ArgumentException>(() => _ml.Trainer().Fit(Data())), "'Label'", "String", "MapValueToKey");
        AssertNames(Assert.Throws<ArgumentException>(() => _ml.Trainer().GetOutputSchema(ShapeOf(Data().Schema))), "'Label'", "MapValueToKey");
    }

    [Fact]
    public void Label_WithoutKeyValues_IsRefused()
    {
        var data = _ml.Data.LoadFromEnumerable(Rows().Select((row, i) => new BareKeyRow { Text = row.Text!, Label = (uint)(i % 2) + 1 }));

        AssertNames(Assert.Throws<ArgumentException>(() => _ml.Trainer().Fit(data)), "'Label'", "key values");
    }

    [Fact]
    public void Label_WithOneClass_IsRefused()
    {
        var rows = Rows().Where(row => row.Label == "good").ToList();

        AssertNames(Assert.Throws<ArgumentException>(() => _ml.Trainer().Fit(Keyed(rows))), "'Label'", "1 class", "two");
    }

    [Fact]
    public void Data_WithoutRows_IsRefused()
    {
        var empty = _ml.Data.SkipRows(Keyed(), 1000);

        AssertNames(Assert.Throws<ArgumentException>(() => _ml.Trainer().Fit(empty)), "training data has no rows");
    }

    [Fact]
    public void Data_WhoseLabelsAreAllMissing_IsRefused()
    {
        var mapping = _ml.Transforms.Conversion.MapValueToKey("Label").Fit(Data());
        var unlabeled = mapping.Transform(Data(Rows().Select(row => new Row { Text = row.Text, Label = null })));

        AssertNames(Assert.Throws<ArgumentException>(() => _ml.Trainer().Fit(unlabeled)), "None of the 64 rows", "'Label'", "'good'");
    }

    [Fact]
    public void Options_OutOfRange_AreAllNamedAtOnce()
    {
        var options = TinyOptions();
        options.ScoreColumnName = "";
        options.MaxTokens = 1;
        options.Adapter = new LoraOptions { Rank = 0, Alpha = double.NaN, Initialization = new EvaOptions { Rho = 0.5, Tau = 2, MaxBatches = 0 } };
        options.Training = new TrainingOptions { Epochs = 0, LearningRate = -1, BatchSize = 0, ValidationFraction = 1, Dropout = 1 };

        var e = Assert.Throws<ArgumentException>(() => _ml.Trainer(options));

        AssertNames(e, "ScoreColumnName", "MaxTokens", "Rank", "Alpha", "Rho", "Tau", "MaxBatches", "Epochs", "LearningRate", "BatchSize", "ValidationFraction", "Dropout");
    }

    [Fact]
    public void Options_ThatAreNull_AreNamed()
    {
        var options = TinyOptions();
        (options.Checkpoint, options.Adapter, options.Training) = (null!, null!, null!);

        AssertNames(Assert.Throws<ArgumentException>(() => _ml.Trainer(options)), "Checkpoint", "Adapter", "Training");
    }

    [Fact]
    public void Texts_ThatAreMissingOrBlank_AreCountedInAWarning()
    {
        var warnings = new List<string>();
        _ml.Log += (_, e) => warnings.Add(e.Message);
        var rows = Rows(16);
        (rows[1].Text, rows[4].Text, rows[5].Text) = (null, "", " \t\u3000");
        var data = _ml.Data.LoadFromEnumerable(rows);
        using var model = _ml.Pipeline(TinyOptions(epochs: 1)).Fit(data).Eva();

        Assert.Equal(16, model.Report!.Rows);
        Assert.Single(warnings, message => message.Contains("3 of 16 training rows have no text in column 'Text'"));
    }

    [Fact]
    public void Rows_OfOneClassOfSeveral_AreToldAsAWarning()
    {
        var warnings = new List<string>();
        _ml.Log += (_, e) => warnings.Add(e.Message);
        var one = _ml.Data.FilterRowsByKeyColumnFraction(Keyed(), "Label", upperBound: 0.5);
        _ml.Trainer(TinyOptions(epochs: 1)).Fit(one).Dispose();
        _ml.Trainer(TinyOptions(epochs: 1)).Fit(Keyed()).Dispose();

        Assert.Single(warnings, message => message.Contains("training rows have the label '"));
    }

    [Fact]
    public void Label_KeyMadeFromNoRows_SaysSo() => AssertNames(
        Assert.Throws<ArgumentException>(() => _ml.Pipeline().Fit(_ml.Data.LoadFromEnumerable<Row>([]))), "'Label'", "without key values", "from rows that have labels");

    [Fact]
    public void TargetLayers_ThatMatchNothing_NameTheNearest()
    {
        var options = TinyOptions();
        ((LoraOptions)options.Adapter).TargetLayers = ["querry"];

        AssertNames(Assert.Throws<ArgumentException>(() => _ml.Trainer(options).Fit(Keyed())), "querry", "query");
    }

    [Fact]
    [Trait("Category", "Fixtures")]
    public void Tokenizer_SmallerThanTheTableOfEmbeddings_IsNoted()
    {
        var messages = new List<string>();
        _ml.Log += (_, e) => messages.Add(e.Message);
        var options = TinyOptions(epochs: 1);
        options.Checkpoint = Checkpoint.FromFolder(Fixture.PathTo("invalid", "vocab-smaller-than-table"));

        _ml.Trainer(options).Fit(Keyed()).Dispose();

        Assert.Contains(messages, message => message.Contains("fewer than the table of embeddings") && message.Contains("vocab-smaller-than-table"));
    }

    [Fact]
    public void Folder_ThatIsMissing_IsNamed() =>
        AssertNames(Assert.Throws<ArgumentException>(() => Checkpoint.FromFolder("no-such-folder")), "no-such-folder", "config.json");

    [Fact]
    public void Device_ThatIsMissing_IsAnErrorUnlessTheCpuMayStandIn()
    {
        var ml = new MLContext(seed: 1) { GpuDeviceId = 99, FallbackToCpu = false };
        AssertNames(Assert.Throws<InvalidOperationException>(() => ml.Trainer(TinyOptions(epochs: 1)).Fit(Keyed())), "GpuDeviceId", "99", "FallbackToCpu");

        var warnings = new List<string>();
        ml = new MLContext(seed: 1) { GpuDeviceId = 99, FallbackToCpu = true };
        ml.Log += (_, e) => warnings.Add(e.Message);
        ml.Trainer(TinyOptions(epochs: 1)).Fit(Keyed()).Dispose();
        Assert.Contains(warnings, message => message.Contains("using the CPU"));
    }

    [Fact]
    public void Transform_OfDataWithoutTheTextColumn_NamesIt()
    {
        using var model = _ml.Trainer(TinyOptions(epochs: 1)).Fit(Keyed());
        var other = _ml.Data.LoadFromEnumerable([new { Words = "x" }]);

        AssertNames(Assert.Throws<ArgumentException>(() => model.Transform(other)), "'Text'", "'Words'");
        AssertNames(Assert.Throws<ArgumentException>(() => model.GetOutputSchema(other.Schema)), "'Text'");
    }

    [Fact]
    public void ModelFile_CutOffAnywhere_GivesACleanError()
    {
        using var model = _ml.Trainer(TinyOptions(epochs: 1)).Fit(Keyed());
        using var file = new MemoryStream();
        _ml.Model.Save(model, Keyed().Schema, file);
        var bytes = file.ToArray();

        for (var length = 0; length < bytes.Length; length += Math.Max(1, bytes.Length / 40))
        {
            var e = Record.Exception(() => _ml.Model.Load(new MemoryStream(bytes, 0, length), out _));
            Assert.True(e is InvalidDataException or FormatException or InvalidOperationException or IOException or ArgumentException, $"{length} bytes: {e}");
        }
    }

    private sealed class BareKeyRow
    {
        public string Text { get; set; } = "";

        [KeyType(2)]
        public uint Label { get; set; }
    }
}
