using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Persistence;
using Microsoft.ML.Eva.Scoring;
using TorchSharp;
using static Microsoft.ML.Eva.Tests.MLNet.TinyData;

namespace Microsoft.ML.Eva.Tests.MLNet;

/// <summary>Fitted model → PEFT folder → the same scores, on whichever way the folder is read.</summary>
public sealed class SaveAdapterTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly string _folder = Directory.CreateTempSubdirectory("eva-adapter-").FullName;

    public static TheoryData<string> Names => [.. Methods.All.Keys.Where(name => name is not ("full" or "head"))];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private IDataView Data() => _ml.Data.LoadFromEnumerable(Rows());

    private IDataView Keyed() => _ml.Transforms.Conversion.MapValueToKey("Label").Fit(Data()).Transform(Data());

    private static EvaLoraTextOptions Options(AdapterOptions adapter, HeadKind head = HeadKind.Mean)
    {
        var options = TinyOptions(epochs: 2);
        (options.Adapter, options.Head) = (adapter, head);
        return options;
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void SaveAdapter_ReadAgain_ScoresLikeTheMergedModel(string method)
    {
        using var model = _ml.Trainer(Options(Methods.All[method]())).Fit(Keyed());

        model.SaveAdapter(_folder);
        using var read = EvaTransformer.FromAdapter(_ml, _folder, ["good", "bad"], Options(new LoraOptions()));

        AssertScores(model.Transform(Data()).Scores(), read.Transform(Data()).Scores(), 2e-5f);
    }

    [Theory]
    [InlineData(HeadKind.Mean, true)]
    [InlineData(HeadKind.Cls, true)]
    [InlineData(HeadKind.Pooler, false)]
    public void SaveAdapter_OntoAFreshBase_GivesTheLogitsOfTheMergedModel(HeadKind head, bool isHeadBeside)
    {
        using var model = _ml.Trainer(Options(new LoraOptions { Rank = 2, Alpha = 2, Initialization = new EvaOptions { BatchSize = 16, MaxBatches = 4 } }, head)).Fit(Keyed());
        model.SaveAdapter(_folder);
        Assert.Equal(isHeadBeside, File.Exists(Path.Combine(_folder, "head.safetensors")));

        using var scope = torch.NewDisposeScope();
        using var gradient = torch.no_grad();
        using var generator = new torch.Generator(9);
        var content = TinyData.Checkpoint.Acquire(torch.CPU);
        using var network = NetworkFactory.Create(content, head, 2, generator, dropout: 0);
        content.Release();
        var (_, adapters) = AdapterFolder.Read(_folder, network);
        Assert.NotEmpty(adapters);
        var input = TextInput.Create(network, [nameof(Row.Text)], Options(new LoraOptions(), head).MaxTokens);
        var expected = model.Transform(Data()).Scores();
        foreach (var (row, scores) in Rows().Zip(expected).Take(8))
        {
            var texts = new TextRows(input.Tokenizer.VocabularySize);
            texts.Add(input.Tokenizer.Encode(row.Text!, null, input.MaxTokens));
            using var batch = new TextBatchSource(texts, input.Padding, torch.CPU).Load([0]);
            var logits = network.Forward(batch, ForwardMode.Evaluation).softmax(-1);
            AssertScores([scores], [logits.data<float>().ToArray()], 1e-5f);
        }
    }

    [Fact]
    public void SaveAdapter_ThenFitFromTheFolder_GoesOnWhereItEnded()
    {
        var first = Options(new LoraOptions { Rank = 2, Alpha = 2, Initialization = new EvaOptions { BatchSize = 16, MaxBatches = 4 } });
        first.Training.Epochs = 4;
        using var model = _ml.Trainer(first).Fit(Keyed());
        model.SaveAdapter(_folder);

        using var further = _ml.Trainer(Options(new AdapterFolderOptions { Folder = _folder })).Fit(Keyed());

        Assert.Equal("Lora, AdapterFolder", further.Report!.Method);
        Assert.Equal(model.Report!.Ranks.Where(rank => rank.Value > 0), further.Report.Ranks);
        Assert.True(further.Report.Losses[0] < model.Report.Losses[0] / 2, $"{further.Report.Losses[0]} after {model.Report.Losses[0]}");
        further.SaveAdapter(_folder); // and so on
    }

    [Fact]
    public void SaveAdapter_OverAnotherOne_LeavesNothingOfIt()
    {
        using var withHead = _ml.Trainer(Options(Methods.All["lora"]())).Fit(Keyed());
        using var familyHead = _ml.Trainer(Options(Methods.All["dora"](), HeadKind.Pooler)).Fit(Keyed());
        withHead.SaveAdapter(_folder);

        familyHead.SaveAdapter(_folder);

        Assert.Equal(["adapter_config.json", "adapter_model.safetensors"], Directory.GetFiles(_folder).Select(Path.GetFileName).Order());
        using var read = EvaTransformer.FromAdapter(_ml, _folder, ["good", "bad"], Options(new LoraOptions(), HeadKind.Pooler));
        AssertScores(familyHead.Transform(Data()).Scores(), read.Transform(Data()).Scores(), 2e-5f);
    }

    [Fact]
    public void SaveAdapter_OfALoadedOrFullyTrainedModel_SaysThatThereIsNone()
    {
        using var full = _ml.Trainer(Options(new FullFineTuningOptions())).Fit(Keyed());
        using var file = new MemoryStream();
        _ml.Model.Save(full, Data().Schema, file);
        using var loaded = (EvaTransformer)_ml.Model.Load(file, out _);

        Assert.Contains("no adapter", Assert.Throws<InvalidOperationException>(() => full.SaveAdapter(_folder)).Message);
        Assert.Contains("no adapter", Assert.Throws<InvalidOperationException>(() => loaded.SaveAdapter(_folder)).Message);
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public void FromAdapter_WhatDoesNotFit_IsNamed()
    {
        using var model = _ml.Trainer(Options(Methods.All["lora"]())).Fit(Keyed());
        model.SaveAdapter(_folder);
        EvaTransformer From(params string[] classes) => EvaTransformer.FromAdapter(_ml, _folder, classes, Options(new LoraOptions()));

        Assert.Contains("two classes", Assert.Throws<ArgumentException>(() => From("good")).Message);
        Assert.Contains("two classes", Assert.Throws<ArgumentException>(() => From("good", "good")).Message);
        Assert.Contains("classifier.weight", Assert.Throws<InvalidDataException>(() => From("good", "bad", "neither")).Message);
        File.Delete(Path.Combine(_folder, "head.safetensors"));
        Assert.Contains("classifier.weight", Assert.Throws<InvalidDataException>(() => From("good", "bad")).Message);
        File.Delete(Path.Combine(_folder, "adapter_config.json"));
        Assert.Contains("adapter_config.json", Assert.Throws<ArgumentException>(() => From("good", "bad")).Message);
    }

    [Fact]
    public void AdapterFolderOptions_WithLayersOfTheirOwn_AreRefused()
    {
        var options = Options(new AdapterFolderOptions { Folder = _folder, TargetLayers = ["query"], Biases = BiasTraining.All });

        var message = Assert.Throws<ArgumentException>(() => _ml.Trainer(options)).Message;

        Assert.Contains("adapter_config.json", message);
        Assert.Contains(nameof(AdapterOptions.TargetLayers), message);
        Assert.Contains(nameof(AdapterOptions.Biases), message);
    }

    internal static void AssertScores(float[][] expected, float[][] actual, float tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        foreach (var (row, other) in expected.Zip(actual))
            Assert.All(row.Zip(other), pair => Assert.Equal(pair.First, pair.Second, tolerance));
    }
}
