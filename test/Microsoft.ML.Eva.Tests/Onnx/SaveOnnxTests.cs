using Microsoft.ML.Data;
using Microsoft.ML.Eva.Tests.Backbones;
using Microsoft.ML.Eva.Tests.Documentation;
using Microsoft.ML.Eva.Tests.MLNet;
using static Microsoft.ML.Eva.Tests.MLNet.TinyData;

namespace Microsoft.ML.Eva.Tests.Onnx;

/// <summary>Fitted model → folder → ONNX Runtime, with the folder's own tokenizer or preprocessing: the scores that Transform gives.</summary>
[Trait("Category", "Fixtures")]
public sealed class SaveOnnxTests : IDisposable
{
    private const float Tolerance = 1e-4f;

    private readonly MLContext _ml = new(seed: 1);
    private readonly string _parent = Directory.CreateTempSubdirectory("eva-onnx-").FullName;

    public static TheoryData<string> TextFamilies => [.. FamilyFolder.Models.Keys];

    public static TheoryData<string> MethodNames => [.. Methods.All.Keys];

    private string Folder => Path.Combine(_parent, "export");

    public void Dispose() => Directory.Delete(_parent, recursive: true);

    [Theory]
    [MemberData(nameof(TextFamilies))]
    public void SaveOnnx_EachTextFamily_ScoresLikeTransform(string modelType)
    {
        using var checkpoint = new FamilyFolder(modelType);
        var rows = Rows(24).Select((row, i) => new Row { Id = i, Text = row.Text![..(i + 1)], Label = row.Label }).ToList();
        using var model = Fit(rows, Options(new LoraOptions { Rank = 2, Alpha = 2, Initialization = new EvaOptions { BatchSize = 8, MaxBatches = 2 } }, Checkpoint.FromFolder(checkpoint.FullName)));

        model.SaveOnnx(Folder);

        AssertScoresAreEqual(model, rows);
    }

    [Theory]
    [MemberData(nameof(MethodNames))]
    public void SaveOnnx_EachMethod_ScoresLikeTheMergedModel(string method)
    {
        var rows = Rows(16);
        using var model = Fit(rows, Options(Methods.All[method](), TinyData.Checkpoint));

        model.SaveOnnx(Folder);

        AssertScoresAreEqual(model, rows);
    }

    [Fact]
    public void SaveOnnx_Pairs_ScoreLikeTransform()
    {
        var rows = Rows(16);
        var options = Options(Methods.All["lora"](), TinyData.Checkpoint);
        (options.Sentence1ColumnName, options.Sentence2ColumnName, options.LabelColumnName) = (nameof(Row.Text), nameof(Row.Label), "Key");
        var data = _ml.Data.LoadFromEnumerable(rows);
        using var model = _ml.Trainer(options).Fit(_ml.Transforms.Conversion.MapValueToKey("Key", "Label").Fit(data).Transform(data));

        model.SaveOnnx(Folder);

        using var export = new ExportedFolder(Folder);
        SaveAdapterTests.AssertScores(model.Transform(data).Scores(), export.Score([.. rows.Select(row => (row.Text!, row.Label))]), Tolerance);
        Assert.Equal(["Text", "Label"], export.Description.GetProperty("columns").EnumerateArray().Select(name => name.GetString()));
        Assert.Contains("token_type_ids", export.InputNames);
    }

    [Theory]
    [InlineData("resnet-basic", 28)]
    [InlineData("resnet-bottleneck", 40)]
    [InlineData("vit", 28)]
    [InlineData("dinov2", 42)]
    [InlineData("dinov2-registers", 42)]
    [InlineData("dinov2-swiglu", 28)]
    public void SaveOnnx_EachPictureFamily_ScoresLikeTransform(string family, int size)
    {
        var rows = TinyPictures.Rows(16);
        var options = TinyPictures.PictureOptions(family, epochs: 1);
        options.ImageSize = size;
        var data = _ml.Data.LoadFromEnumerable(rows);
        using var model = _ml.ImagePipeline(options).Fit(data).Eva();

        model.SaveOnnx(Folder);

        using var export = new ExportedFolder(Folder);
        SaveAdapterTests.AssertScores(model.Transform(data).Scores(), export.Score([.. rows.Select(row => row.Image)]), Tolerance);
        Assert.Equal(["config.json", "inference.json", "model.onnx", "preprocessor_config.json"], Names());
    }

    [Fact]
    public void SaveOnnx_Regression_GivesTheNumberAsLogits()
    {
        var rows = TinyNumbers.Rows(16);
        foreach (var row in rows)
            row.Label /= 1000;
        var data = _ml.Data.LoadFromEnumerable(rows);
        using var model = _ml.Regression.Trainers.EvaLora(TinyNumbers.NumberOptions(epochs: 1)).Fit(data);

        model.SaveOnnx(Folder);

        using var export = new ExportedFolder(Folder);
        float[][] expected = [.. model.Transform(data).GetColumn<float>("Score").Select(score => new[] { score })];
        SaveAdapterTests.AssertScores(expected, export.Score([.. rows.Select(row => (row.Text, (string?)null))]), Tolerance);
        Assert.Equal(["logits"], export.Description.GetProperty("outputs").EnumerateObject().Select(output => output.Name));
        Assert.Equal(("text-regression", "regression"), (export.Description.GetProperty("task").GetString(), export.Config.GetProperty("problem_type").GetString()));
    }

    [Fact]
    public void SaveOnnx_LabelsThatDoNotExcludeEachOther_HaveProbabilitiesOfTheirOwnAndAThreshold()
    {
        var rows = TinyData.Rows(16);
        var raw = _ml.Data.LoadFromEnumerable(rows.Select(row => new { row.Text, Good = row.Label == "good", Really = row.Text!.Contains("really", StringComparison.Ordinal) }));
        var data = _ml.Transforms.Concatenate("Label", "Good", "Really").Fit(raw).Transform(raw);
        var options = TinyOptions(epochs: 1);
        options.Threshold = 0.25;
        using var model = _ml.MulticlassClassification.Trainers.EvaLoraMultiLabel(options).Fit(data);

        model.SaveOnnx(Folder);

        using var export = new ExportedFolder(Folder);
        SaveAdapterTests.AssertScores(model.Transform(data).Scores(), export.Score([.. rows.Select(row => (row.Text!, (string?)null))]), Tolerance);
        Assert.Equal(0.25, export.Description.GetProperty("threshold").GetDouble());
        Assert.Equal(["Good", "Really"], export.Description.GetProperty("classes").EnumerateArray().Select(name => name.GetString()!));
        Assert.Equal("multi_label_classification", export.Config.GetProperty("problem_type").GetString());
    }

    [Fact]
    public void SaveOnnx_ByTheDocumentsCode_ScoresLikeTransform()
    {
        var rows = Rows(8);
        var data = _ml.Data.LoadFromEnumerable(rows);
        using var chain = _ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(_ml.Trainer(Options(Methods.All["lora"](), TinyData.Checkpoint)))
            .Append(_ml.Transforms.Conversion.MapKeyToValue("PredictedLabel")).Fit(data);

        OnnxSnippets.Save(chain, Folder);

        SaveAdapterTests.AssertScores(chain.Transform(data).Scores(), [.. rows.Select(row => OnnxSnippets.Run(Folder, row.Text!, 32))], Tolerance);
    }

    [Fact]
    public void ConvertToOnnx_OfAPipeline_SaysWhatToCallInstead()
    {
        var data = _ml.Data.LoadFromEnumerable(Rows(8));
        using var chain = _ml.Pipeline(Options(Methods.All["lora"](), TinyData.Checkpoint)).Fit(data) as IDisposable;
        using var stream = new MemoryStream();

        var error = Assert.Throws<NotSupportedException>(() => _ml.Model.ConvertToOnnx((ITransformer)chain!, data, stream));

        Assert.Contains("EvaTransformer.SaveOnnx", error.Message);
        Assert.Equal(0, stream.Length);
    }

    [Fact]
    public void SaveOnnx_OfALoadedModel_WritesTheSameBytes()
    {
        using var model = Fit(Rows(16), Options(Methods.All["lora"](), TinyData.Checkpoint));
        using var file = new MemoryStream();
        _ml.Model.Save(model, _ml.Data.LoadFromEnumerable(Rows(1)).Schema, file);
        using var loaded = (EvaTransformer)_ml.Model.Load(file, out _);

        model.SaveOnnx(Folder);
        loaded.SaveOnnx(Path.Combine(_parent, "loaded"));

        Assert.All(Names(), name => Assert.Equal(File.ReadAllBytes(Path.Combine(Folder, name)), File.ReadAllBytes(Path.Combine(_parent, "loaded", name))));
    }

    [Fact]
    public void SaveOnnx_Description_NamesTaskClassesAndOpset()
    {
        using var model = Fit(Rows(16), Options(Methods.All["lora"](), TinyData.Checkpoint));

        model.SaveOnnx(Folder);

        using var export = new ExportedFolder(Folder);
        var description = export.Description;
        Assert.Equal("text-classification", description.GetProperty("task").GetString());
        Assert.Equal(17, description.GetProperty("opset").GetInt32());
        Assert.Equal(model.Classes, description.GetProperty("classes").EnumerateArray().Select(name => name.GetString()!));
        Assert.Equal("""{"type":"int64","shape":["batch_size","sequence_length"]}""", Compact(description.GetProperty("inputs").GetProperty("input_ids").GetRawText()));
        Assert.Equal("""{"type":"float32","shape":["batch_size",2]}""", Compact(description.GetProperty("outputs").GetProperty("probabilities").GetRawText()));
        Assert.Equal("""{"0":"good","1":"bad"}""", Compact(export.Config.GetProperty("id2label").GetRawText()));
        Assert.Equal(File.ReadAllText(Path.Combine(Folder, "inference.json")), export.Metadata);
        Assert.Equal(["config.json", "inference.json", "model.onnx", "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt"], Names());

        static string Compact(string json) => json.Replace(" ", "").Replace("\n", "").Replace("\r", "");
    }

    [Fact]
    public void SaveOnnx_OverAnEarlierExport_LeavesNothingOfIt()
    {
        var data = _ml.Data.LoadFromEnumerable(TinyPictures.Rows(16));
        using var pictures = _ml.ImagePipeline(TinyPictures.PictureOptions(epochs: 1)).Fit(data).Eva();
        using var texts = Fit(Rows(16), Options(Methods.All["lora"](), TinyData.Checkpoint));
        pictures.SaveOnnx(Folder);
        File.WriteAllText(Path.Combine(Folder, "model.onnx_data"), "of a larger model");
        File.WriteAllText(Path.Combine(Folder, "notes.txt"), "the user's own");

        texts.SaveOnnx(Folder);

        Assert.Contains("notes.txt", Names());
        Assert.DoesNotContain("preprocessor_config.json", Names());
        Assert.DoesNotContain("model.onnx_data", Names());
        AssertScoresAreEqual(texts, Rows(16));
    }

    [Fact]
    public void SaveOnnx_IntoACheckpointsFolder_IsRefusedAndChangesNothing()
    {
        using var checkpoint = new FamilyFolder("bert");
        using var model = Fit(Rows(16), Options(Methods.All["lora"](), Checkpoint.FromFolder(checkpoint.FullName)));
        var before = Directory.GetFiles(checkpoint.FullName).ToDictionary(path => path, File.ReadAllBytes);

        var error = Assert.Throws<ArgumentException>(() => model.SaveOnnx(checkpoint.FullName));

        Assert.Contains("config.json", error.Message);
        Assert.Equal(before, Directory.GetFiles(checkpoint.FullName).ToDictionary(path => path, File.ReadAllBytes));
    }

    [Fact]
    public void SaveOnnx_WhatCannotBeWritten_IsAnErrorThatLeavesNothing()
    {
        var model = Fit(Rows(16), Options(Methods.All["lora"](), TinyData.Checkpoint));
        var file = Path.Combine(_parent, "file");
        File.WriteAllText(file, "");
        Directory.CreateDirectory(Path.Combine(_parent, "taken", "tokenizer.json"));

        Assert.Contains("is a file", Assert.Throws<ArgumentException>(() => model.SaveOnnx(file)).Message);
        Assert.Throws<ArgumentException>(() => model.SaveOnnx(" "));
        Assert.Contains("tokenizer.json", Assert.Throws<IOException>(() => model.SaveOnnx(Path.Combine(_parent, "taken"))).Message);
        Assert.Empty(Directory.GetFiles(Path.Combine(_parent, "taken")));
        model.Dispose();
        Assert.Throws<ObjectDisposedException>(() => model.SaveOnnx(Folder));
        Assert.False(Directory.Exists(Folder));
    }

    private EvaTransformer Fit(List<Row> rows, EvaLoraTextOptions options)
    {
        var data = _ml.Data.LoadFromEnumerable(rows);
        return _ml.Trainer(options).Fit(_ml.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data));
    }

    private static EvaLoraTextOptions Options(AdapterOptions adapter, Checkpoint checkpoint)
    {
        var options = TinyOptions(epochs: 1);
        (options.Adapter, options.Checkpoint, options.Head) = (adapter, checkpoint, HeadKind.Auto);
        return options;
    }

    private void AssertScoresAreEqual(EvaTransformer model, List<Row> rows)
    {
        using var export = new ExportedFolder(Folder);
        var expected = model.Transform(_ml.Data.LoadFromEnumerable(rows)).Scores();
        SaveAdapterTests.AssertScores(expected, export.Score([.. rows.Select(row => (row.Text!, (string?)null))]), Tolerance);
    }

    private IEnumerable<string> Names() => Directory.GetFiles(Folder).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal);
}
