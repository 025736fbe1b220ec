using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Scoring;
using Microsoft.ML.Eva.Tests.Backbones;
using static Microsoft.ML.Eva.Tests.MLNet.TinyData;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.MLNet;

[Trait("Category", "Fixtures")]
public sealed class HeadTakeoverTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("eva-head-");
    private readonly string[] _names;

    public HeadTakeoverTests()
    {
        foreach (var file in Directory.EnumerateFiles(Fixture.PathTo("models", "bert-with-tokenizer")))
            File.Copy(file, Path.Combine(_folder.FullName, Path.GetFileName(file)));
        _names = [.. Fixture.Json("models", "bert-with-tokenizer", "config.json").GetProperty("id2label").EnumerateObject().OrderBy(p => int.Parse(p.Name)).Select(p => p.Value.GetString()!)];
    }

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Fit_WithTheCheckpointsClassesInAnotherOrder_StartsFromItsScores()
    {
        string[] classes = [.. _names.Reverse()];
        var single = Fixture.Json("models", "bert-with-tokenizer", "texts.json").EnumerateArray().First();
        var expected = ReferenceScores(single.GetProperty("name").GetString()!);

        using var model = FitUntrained(classes, maxTokens: single.GetProperty("max_length").GetInt32());

        Assert.Equal(classes, model.Classes);
        var data = new MLContext().Data.LoadFromEnumerable(single.GetProperty("texts").EnumerateArray().Select(text => new Row { Text = text.GetString() }));
        var scores = model.Transform(data).Scores();
        Assert.Equal(expected.Length, scores.Length);
        Assert.All(expected.Zip(scores), rows => Assert.All(rows.First.Reverse().Zip(rows.Second), pair => Assert.Equal(pair.First, pair.Second, 1e-4f)));
    }

    [Fact]
    public void Fit_WithoutTakeOverHead_StartsFromANewHead()
    {
        using var taken = FitUntrained(_names);
        using var fresh = FitUntrained(_names, takeOver: false);
        var data = new MLContext().Data.LoadFromEnumerable(Rows(4));

        Assert.NotEqual(taken.Transform(data).Scores(), fresh.Transform(data).Scores());
    }

    [Theory]
    [InlineData("good", "bad")]
    [InlineData("a", "b", "c", "d", "e")]
    public void Fit_WithOtherClasses_NamesBothLists(params string[] classes)
    {
        var e = Assert.Throws<ArgumentException>(() => FitUntrained(classes));

        Assert.All([.. classes, .. _names, "TakeOverHead"], word => Assert.Contains(word, e.Message));
    }

    [Theory]
    [InlineData("LABEL_")]
    [InlineData("")]
    public void Fit_CheckpointWithoutNames_TakesNumbersForItsOutputs(string prefix)
    {
        Rename((i, _) => $"LABEL_{i}");
        var count = _names.Length;
        using var inOrder = FitUntrained([.. Enumerable.Range(0, count).Select(i => $"class {i}")]);
        using var reversed = FitUntrained([.. Enumerable.Range(0, count).Reverse().Select(i => $"{prefix}{i}")]);
        var data = new MLContext().Data.LoadFromEnumerable(Rows(4));

        Assert.All(inOrder.Transform(data).Scores().Zip(reversed.Transform(data).Scores()), rows =>
            Assert.All(rows.First.Zip(rows.Second.Reverse()), pair => Assert.Equal(pair.First, pair.Second, 1e-6f)));
    }

    [Fact]
    public void Fit_CheckpointWithBrokenNames_IsRefused()
    {
        Rename((i, name) => i == 1 ? null : name);

        Assert.Contains("id2label", Assert.Throws<InvalidDataException>(() => FitUntrained(_names)).Message);
    }

    [Fact]
    public void Fit_CheckpointThatWasNeverFineTuned_IsRefused()
    {
        var e = Assert.Throws<ArgumentException>(() => FitUntrained(["a", "b"], checkpoint: Checkpoint.FromFolder(Fixture.PathTo("invalid", "control"))));

        Assert.Contains("TakeOverHead", e.Message);
    }

    [Theory]
    [InlineData("resnet-basic")]
    [InlineData("resnet-bottleneck")]
    [InlineData("vit")]
    [InlineData("dinov2")]
    public void Fit_Pictures_StartFromTheScoresOfTheCheckpointsClassifier(string family)
    {
        string[] names = [.. Fixture.Json("models", family, "classifier", "config.json").GetProperty("id2label").EnumerateObject().OrderBy(p => int.Parse(p.Name)).Select(p => p.Value.GetString()!)];
        using var model = FitUntrainedOnPictures(family, [.. names.Reverse()]);
        using var fresh = FitUntrainedOnPictures(family, [.. names.Reverse()], takeOver: false);
        var data = new MLContext().Data.LoadFromEnumerable(TinyPictures.Rows(6));
        var scores = model.Transform(data).Scores();

        // the classifier itself, on the pictures as the model sees them
        using var scope = NewDisposeScope();
        using var gradient = no_grad();
        using var network = GoldenModel.Load(Path.Combine("models", family, "classifier"), HeadKind.Pooler, names.Length, dropout: 0, takeOverHead: true);
        var expected = network.Forward(BatchOf(model, data), ForwardMode.Evaluation).softmax(-1);
        Assert.All(scores.Select((row, i) => (row, i)), row => Assert.All(row.row.Reverse().Zip(expected[row.i].data<float>().ToArray()), pair => Assert.Equal(pair.Second, pair.First, 1e-4f)));
        Assert.NotEqual(scores, fresh.Transform(data).Scores());
        Assert.All(names, name => Assert.Contains(name, Assert.Throws<ArgumentException>(() => FitUntrainedOnPictures(family, ["red", "blue", "green"])).Message));
    }

    [Fact]
    public void Options_WithAnotherHead_AreRefused()
    {
        var options = TinyOptions();
        (options.TakeOverHead, options.Head) = (true, HeadKind.Mean);

        Assert.Contains("TakeOverHead", Assert.Throws<ArgumentException>(() => new MLContext().Trainer(options)).Message);
    }

    // Cancelled before the first step: nothing has been learned yet.
    private EvaTransformer FitUntrained(IReadOnlyList<string> classes, bool takeOver = true, Checkpoint? checkpoint = null, int maxTokens = 32)
    {
        var ml = new MLContext(seed: 1);
        var options = TinyOptions(epochs: 1);
        (options.Head, options.TakeOverHead, options.Checkpoint) = (HeadKind.Pooler, takeOver, checkpoint ?? Checkpoint.FromFolder(_folder.FullName));
        options.Adapter = new LoraOptions { Rank = 1, Initialization = new RandomOptions() };
        options.MaxTokens = maxTokens;
        options.Training.CancellationToken = new CancellationToken(canceled: true);
        var data = ml.Data.LoadFromEnumerable(classes.Select(name => new Row { Text = "good", Label = name }));
        return ml.Trainer(options).Fit(ml.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data));
    }

    private static EvaTransformer FitUntrainedOnPictures(string family, IReadOnlyList<string> classes, bool takeOver = true)
    {
        var ml = new MLContext(seed: 1);
        var options = TinyPictures.PictureOptions(family, epochs: 1);
        (options.Checkpoint, options.Head, options.TakeOverHead) = (Checkpoint.FromFolder(Fixture.PathTo("models", family, "classifier")), HeadKind.Pooler, takeOver);
        options.Adapter = new LoraOptions { Rank = 1, Initialization = new RandomOptions() };
        options.Training.CancellationToken = new CancellationToken(canceled: true);
        var data = ml.Data.LoadFromEnumerable(TinyPictures.Rows(classes.Count).Zip(classes, (row, name) => new TinyPictures.PictureRow { Image = row.Image, Label = name }));
        return ml.MulticlassClassification.Trainers.EvaLoraImage(options).Fit(ml.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data));
    }

    // What the fitted model's own preprocessing makes of the rows.
    private static Batch BatchOf(EvaTransformer model, IDataView data)
    {
        var scorer = (NetworkScorer)typeof(EvaTransformer).GetField("_scorer", BindingFlags.NonPublic | BindingFlags.Instance)!.GetValue(model)!;
        var rows = new List<EncodedRow>();
        using var cursor = data.GetRowCursor(data.Schema);
        var read = scorer.Input.CreateReader(cursor);
        while (cursor.MoveNext())
            rows.Add(read());
        return scorer.Input.ToBatch(rows, CPU);
    }

    private void Rename(Func<int, string, string?> rename)
    {
        var path = Path.Combine(_folder.FullName, "config.json");
        var config = JsonNode.Parse(File.ReadAllText(path))!;
        for (var i = 0; i < _names.Length; i++)
            config["id2label"]![i.ToString()] = rename(i, _names[i]);
        File.WriteAllText(path, config.ToJsonString());
    }

    private static float[][] ReferenceScores(string name)
    {
        using var scope = NewDisposeScope();
        var tensors = Fixture.Tensors("models", "bert-with-tokenizer", "texts.safetensors");
        foreach (var tensor in tensors.Values)
            scope.Attach(tensor);
        var rows = tensors[$"{name}.logits"].softmax(1);
        return [.. rows.data<float>().ToArray().Chunk((int)rows.shape[1])];
    }
}
