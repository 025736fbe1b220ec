using Microsoft.ML.Data;
using static Microsoft.ML.Eva.Tests.MLNet.TinyData;

namespace Microsoft.ML.Eva.Tests.MLNet;

/// <summary>A fitted model, or its file, as the start of another fit.</summary>
public sealed class ContinuationTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("eva-continue-");

    public void Dispose() => _folder.Delete(recursive: true);

    private IDataView Data(IEnumerable<Row>? rows = null) => _ml.Data.LoadFromEnumerable(rows ?? Rows());

    private IDataView Keyed(params string[] classes)
    {
        var keys = _ml.Data.LoadFromEnumerable(classes.Select(name => new Key { Label = name }));
        return _ml.Transforms.Conversion.MapValueToKey("Label", keyData: keys).Fit(Data()).Transform(Data());
    }

    // Nothing worth mentioning is learned: what the model says is what it started from.
    private static EvaLoraTextOptions From(Checkpoint checkpoint, HeadKind head = HeadKind.Auto)
    {
        var options = TinyOptions(epochs: 1);
        (options.Checkpoint, options.Head, options.Training.LearningRate) = (checkpoint, head, 1e-9);
        return options;
    }

    private static void AssertClose(IEnumerable<float[]> expected, IEnumerable<float[]> actual, float tolerance = 1e-4f) =>
        Assert.All(expected.Zip(actual), rows => Assert.All(rows.First.Zip(rows.Second), pair => Assert.Equal(pair.First, pair.Second, tolerance)));

    private EvaTransformer Fitted(HeadKind head = HeadKind.Mean)
    {
        var options = TinyOptions(epochs: 6);
        options.Head = head;
        return _ml.Trainer(options).Fit(Keyed("good", "bad"));
    }

    [Theory]
    [InlineData(HeadKind.Mean)]
    [InlineData(HeadKind.Cls)]
    [InlineData(HeadKind.Pooler)]
    public void FromModel_StartsFromItsWeightsAndHead(HeadKind head)
    {
        using var first = Fitted(head);

        using var second = _ml.Trainer(From(Checkpoint.FromModel(first))).Fit(Keyed("good", "bad"));

        AssertClose(first.Transform(Data()).Scores(), second.Transform(Data()).Scores());
        Assert.EndsWith("(fine-tuned)", second.Report!.Checkpoint);
        Assert.True(second.Report.EvaBatches > 0);
        Assert.True(second.Report.Losses[0] < first.Report!.Losses[0]);
    }

    [Fact]
    public void FromModel_GivenAChainOrItsFile_GivesTheSame()
    {
        var chain = _ml.Pipeline(TinyOptions(epochs: 4)).Fit(Data());
        var path = Path.Combine(_folder.FullName, "model.zip");
        _ml.Model.Save(chain, Data().Schema, path);

        using var ofChain = _ml.Trainer(From(Checkpoint.FromModel(chain))).Fit(Keyed("good", "bad"));
        using var ofFile = _ml.Trainer(From(Checkpoint.FromModel(path))).Fit(Keyed("good", "bad"));

        Assert.Equal(ofChain.Transform(Data()).Scores(), ofFile.Transform(Data()).Scores());
        AssertClose(chain.Transform(Data()).Scores(), ofFile.Transform(Data()).Scores());
    }

    [Fact]
    public void FromModel_TheOldModel_StaysAsItIs()
    {
        using var first = Fitted();
        var before = first.Transform(Data()).Scores();
        var options = TinyOptions(epochs: 2);
        (options.Checkpoint, options.Head) = (Checkpoint.FromModel(first), HeadKind.Auto);

        using (var second = _ml.Trainer(options).Fit(Keyed("bad", "good")))
            Assert.NotEqual(before, second.Transform(Data()).Scores());

        Assert.Equal(before, first.Transform(Data()).Scores());
    }

    [Fact]
    public void Fit_NewAndMissingClasses_AreMatchedByName()
    {
        var warnings = new List<string>();
        _ml.Log += (_, e) => warnings.Add(e.Message);
        using var first = _ml.Trainer(TinyOptions(epochs: 2)).Fit(Keyed("good", "spare", "bad"));

        using var second = _ml.Trainer(From(Checkpoint.FromModel(first))).Fit(Keyed("new", "bad", "good"));

        Assert.Equal(["new", "bad", "good"], second.Classes);
        // The ratio of two probabilities is that of their logits alone.
        AssertClose(
            first.Transform(Data()).Scores().Select(row => new[] { MathF.Log(row[2] / row[0]) }),
            second.Transform(Data()).Scores().Select(row => new[] { MathF.Log(row[1] / row[2]) }), 1e-3f);
        Assert.Contains(warnings, message => message.Contains("New classes beside those of the fitted model: 'new'"));
        Assert.Contains(warnings, message => message.Contains("classes 'spare' are none of the label's"));
    }

    [Fact]
    public void Fit_NewClass_IsLearned()
    {
        using var first = Fitted();
        var rows = Rows(96);
        for (var i = 0; i < rows.Count; i++)
            if (i % 3 == 0)
                (rows[i].Text, rows[i].Label) = (rows[i].Text!.Replace("good", "late").Replace("bad", "late"), "late");
        var data = _ml.Transforms.Conversion.MapValueToKey("Label").Fit(Data(rows)).Transform(Data(rows));
        var options = TinyOptions(epochs: 10);
        (options.Checkpoint, options.Head) = (Checkpoint.FromModel(first), HeadKind.Auto);

        using var second = _ml.Trainer(options).Fit(data);

        Assert.True(_ml.MulticlassClassification.Evaluate(second.Transform(data)).MicroAccuracy > 0.9);
    }

    [Fact]
    public void ContinuedModel_IsSavedAndLoadedLikeAnyOther()
    {
        using var first = Fitted(HeadKind.Cls);
        using var second = _ml.Trainer(From(Checkpoint.FromModel(first))).Fit(Keyed("good", "bad", "new"));
        using var file = new MemoryStream();
        _ml.Model.Save(second, Data().Schema, file);

        var loaded = new MLContext().Model.Load(file, out _);
        using var third = _ml.Trainer(From(Checkpoint.FromModel(loaded))).Fit(Keyed("good", "bad", "new"));

        Assert.Equal(second.Transform(Data()).Scores(), loaded.Transform(Data()).Scores());
        AssertClose(loaded.Transform(Data()).Scores(), third.Transform(Data()).Scores());
        Assert.Equal(second.Report!.Checkpoint, third.Report!.Checkpoint); // fine-tuned once more is still fine-tuned
    }

    [Fact]
    public void ContinuedAdapter_BelongsToTheModelItContinues()
    {
        using var first = Fitted();
        var options = TinyOptions(epochs: 2);
        (options.Checkpoint, options.Head) = (Checkpoint.FromModel(first), HeadKind.Auto);
        using var second = _ml.Trainer(options).Fit(Keyed("good", "bad"));

        second.SaveAdapter(_folder.FullName);
        using var read = EvaTransformer.FromAdapter(_ml, _folder.FullName, ["good", "bad"], From(Checkpoint.FromModel(first)));

        AssertClose(second.Transform(Data()).Scores(), read.Transform(Data()).Scores());
    }

    [Fact]
    public void Fit_OfARegression_GoesOnAtTheLabelsScale()
    {
        var data = _ml.Data.LoadFromEnumerable(TinyNumbers.Rows());
        using var first = _ml.Regression.Trainers.EvaLora(TinyNumbers.NumberOptions()).Fit(data);

        using var second = _ml.Regression.Trainers.EvaLora(From(Checkpoint.FromModel(first))).Fit(data);

        Assert.All(first.Transform(data).GetColumn<float>("Score").Zip(second.Transform(data).GetColumn<float>("Score")), pair => Assert.Equal(pair.First, pair.Second, 0.1f));
    }

    [Theory]
    [InlineData("resnet-basic")]
    [InlineData("vit")]
    public void Fit_OfPictures_GoesOn(string family)
    {
        var data = _ml.Data.LoadFromEnumerable(TinyPictures.Rows());
        var model = _ml.ImagePipeline(TinyPictures.PictureOptions(family, epochs: 4)).Fit(data);
        var options = TinyPictures.PictureOptions(family, epochs: 1);
        (options.Checkpoint, options.Training.LearningRate) = (Checkpoint.FromModel(model), 1e-9);

        var second = _ml.ImagePipeline(options).Fit(data);

        AssertClose(model.Transform(data).Scores(), second.Transform(data).Scores());
    }

    [Fact]
    public void FromModel_OfAnotherTask_IsRefused()
    {
        using var classes = Fitted();
        var numbers = _ml.Data.LoadFromEnumerable(TinyNumbers.Rows());
        void Throws(string part, Action fit) => Assert.Contains(part, Assert.Throws<ArgumentException>(fit).Message);

        Throws("is a fitted model for classes that exclude each other, which cannot be trained on for regression", () => _ml.Regression.Trainers.EvaLora(From(Checkpoint.FromModel(classes))).Fit(numbers));
        Throws("Leave Head at Auto", () => _ml.Trainer(From(Checkpoint.FromModel(classes), HeadKind.Cls)).Fit(Keyed("good", "bad")));
        var pictures = TinyPictures.PictureOptions();
        pictures.Checkpoint = Checkpoint.FromModel(classes);
        Throws("is a network for texts, not for pictures", () => _ml.ImagePipeline(pictures).Fit(_ml.Data.LoadFromEnumerable(TinyPictures.Rows())));
    }

    [Fact]
    public void FromModel_OfNoModelOfOurs_IsRefused()
    {
        var mapping = _ml.Transforms.Conversion.MapValueToKey("Label").Fit(Data());
        var path = Path.Combine(_folder.FullName, "mapping.zip");
        _ml.Model.Save(mapping, Data().Schema, path);
        var broken = Path.Combine(_folder.FullName, "broken.zip");
        File.WriteAllText(broken, "no zip");
        using var first = Fitted();

        Assert.Contains("no model of Microsoft.ML.Eva", Assert.Throws<ArgumentException>(() => Checkpoint.FromModel(mapping)).Message);
        Assert.Contains("There are 2 models", Assert.Throws<ArgumentException>(() => Checkpoint.FromModel(new TransformerChain<ITransformer>(first, first))).Message);
        Assert.Contains("no file", Assert.Throws<ArgumentException>(() => Checkpoint.FromModel(Path.Combine(_folder.FullName, "absent.zip"))).Message);
        Assert.Contains("'mapping.zip' cannot be trained on", Assert.Throws<InvalidDataException>(() => _ml.Trainer(From(Checkpoint.FromModel(path))).Fit(Keyed("good", "bad"))).Message);
        Assert.Contains("'broken.zip'", Assert.Throws<InvalidDataException>(() => _ml.Trainer(From(Checkpoint.FromModel(broken))).Fit(Keyed("good", "bad"))).Message);
    }

    [Fact]
    public void FromModel_DisposedBeforeTheFit_SaysSo()
    {
        var first = Fitted();
        var checkpoint = Checkpoint.FromModel(first);
        first.Dispose();

        Assert.Contains("keep it until the new fit has begun", Assert.Throws<ObjectDisposedException>(() => _ml.Trainer(From(checkpoint)).Fit(Keyed("good", "bad"))).Message);
    }

    [Fact]
    public void CheckpointFolder_OfAFitFromAnotherModel_IsRefused()
    {
        using var first = Fitted();
        using var other = _ml.Trainer(TinyOptions(epochs: 1)).Fit(Keyed("good", "bad"));
        EvaLoraTextOptions Into(EvaTransformer model)
        {
            var options = From(Checkpoint.FromModel(model));
            options.Training.CheckpointFolder = Path.Combine(_folder.FullName, "run");
            return options;
        }
        using var second = _ml.Trainer(Into(first)).Fit(Keyed("good", "bad"));

        Assert.Contains("another run", Assert.Throws<ArgumentException>(() => _ml.Trainer(Into(other)).Fit(Keyed("good", "bad"))).Message);
    }

    private sealed class Key
    {
        public string Label { get; set; } = "";
    }
}
