using System.Text.Json;
using Microsoft.ML.Eva.Tests.Documentation;
using Microsoft.ML.Eva.Tests.Generation;
using Microsoft.ML.Eva.Tests.MLNet;

namespace Microsoft.ML.Eva.Tests.Onnx;

/// <summary>Text generator → folder → ONNX Runtime, with the folder's own tokenizer: the texts that the generator writes.</summary>
public sealed class SaveOnnxGenerationTests : IDisposable
{
    private static readonly string[] Prompts = ["red box", "blue ball", "g", "a longer prompt, of more"];

    private readonly MLContext _ml = new(seed: 1);
    private readonly TinyGpt _checkpoint = new(config => config["dtype"] = "float16");
    private readonly string _parent = Directory.CreateTempSubdirectory("eva-onnx-").FullName;

    public static TheoryData<string> MethodNames => [.. Methods.All.Where(method => method.Value() is not HeadOnlyOptions).Select(method => method.Key)];

    private string Folder => Path.Combine(_parent, "export");

    public void Dispose()
    {
        _checkpoint.Dispose();
        Directory.Delete(_parent, recursive: true);
    }

    [Theory]
    [MemberData(nameof(MethodNames))]
    public void SaveOnnx_EachMethod_WritesLikeTheModel(string method)
    {
        using var model = Fit(Methods.All[method]());
        var expected = model.GenerateAll(Prompts);

        foreach (var withCache in new[] { false, true })
        {
            model.SaveOnnx(Folder, withCache);

            using var export = new ExportedGenerator(Folder);
            Assert.Equal(withCache, export.InputNames.Contains("position_ids"));
            Assert.Equal(expected, export.Write(Prompts));
            Assert.Equal(expected, Prompts.Select(prompt => export.Write(prompt)[0]));
        }
    }

    [Fact]
    public void SaveOnnx_ByTheDocumentsCode_WritesLikeTheModel()
    {
        using var model = Fit(new LoraOptions { Rank = 4 }, epochs: 30);

        OnnxSnippets.SaveGenerator(model, Folder);

        Assert.Equal(model.GenerateAll(Prompts), Prompts.Select(prompt => OnnxSnippets.Write(Folder, prompt)));
    }

    [Fact]
    [Trait("Category", "Fixtures")]
    public void CreateTokenizer_OfTheDocumentsCode_TokenizesLikeGpt2()
    {
        var tokenizer = OnnxSnippets.CreateTokenizer(Fixture.PathTo("tokenizers/gpt2"));
        var cases = Fixture.Json("tokenizers/gpt2", "cases.json").GetProperty("cases").EnumerateArray()
            .Where(item => item.GetProperty("pair").ValueKind == JsonValueKind.Null && item.GetProperty("max_length").ValueKind == JsonValueKind.Null)
            .Where(item => !item.GetProperty("text").GetString()!.Contains("<|", StringComparison.Ordinal)).ToList(); // no prompt of a meaning has them

        Assert.True(cases.Count > 10, $"{cases.Count} texts");
        Assert.All(cases, item => Assert.Equal(item.GetProperty("input_ids").EnumerateArray().Select(id => id.GetInt32()), tokenizer.EncodeToIds(item.GetProperty("text").GetString()!)));
    }

    [Fact]
    public void SaveOnnx_Description_TellsHowToWrite()
    {
        using var model = Fit(new LoraOptions { Rank = 4 });
        model.Decoding = new SamplingOptions { Temperature = 0.5, MaxNewTokens = 7, StopSequences = ["."] };

        model.SaveOnnx(Folder, withCache: true);

        using var export = new ExportedGenerator(Folder);
        var description = export.Description;
        Assert.Equal(("text-generation", " => ", 48), (description.GetProperty("task").GetString(), description.GetProperty("separator").GetString(), description.GetProperty("max_tokens").GetInt32()));
        Assert.Equal([TinyGpt.End], description.GetProperty("end_token_ids").EnumerateArray().Select(id => id.GetInt32()));
        var decoding = description.GetProperty("decoding");
        Assert.Equal(("sampling", 0.5, 7, "."), (decoding.GetProperty("method").GetString(), decoding.GetProperty("temperature").GetDouble(), decoding.GetProperty("max_new_tokens").GetInt32(), decoding.GetProperty("stop_sequences")[0].GetString()));
        Assert.Equal(["Prompt"], description.GetProperty("columns").EnumerateArray().Select(name => name.GetString()!));
        Assert.Equal(("float32", true), (export.Config.GetProperty("dtype").GetString(), export.Config.GetProperty("use_cache").GetBoolean()));
        Assert.Equal(File.ReadAllText(Path.Combine(Folder, "inference.json")), export.Metadata);
        Assert.Equal(["config.json", "inference.json", "merges.txt", "model.onnx", "vocab.json"], Names());
    }

    [Fact]
    public void SaveOnnx_OfALoadedModel_WritesTheSameBytes()
    {
        using var model = Fit(new LoraOptions { Rank = 4 });
        using var file = new MemoryStream();
        _ml.Model.Save(model, _ml.Data.LoadFromEnumerable(TinyGpt.Rows).Schema, file);
        using var loaded = (EvaGenerationTransformer)_ml.Model.Load(file, out _);

        model.SaveOnnx(Folder);
        loaded.SaveOnnx(Path.Combine(_parent, "loaded"));

        Assert.All(Names(), name => Assert.Equal(File.ReadAllBytes(Path.Combine(Folder, name)), File.ReadAllBytes(Path.Combine(_parent, "loaded", name))));
    }

    [Fact]
    public void SaveOnnx_OverAnEarlierExport_LeavesNothingOfIt()
    {
        _checkpoint.Write("generation_config.json", $$"""{"eos_token_id": {{TinyGpt.End}}}""");
        using var model = Fit(new LoraOptions { Rank = 4 });
        model.SaveOnnx(Folder, withCache: true);
        Assert.Contains("generation_config.json", Names());
        var data = _ml.Data.LoadFromEnumerable(TinyData.Rows(16));
        using var classifier = _ml.Trainer(TinyData.TinyOptions(epochs: 1)).Fit(_ml.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data));

        classifier.SaveOnnx(Folder);

        Assert.Empty(Names().Intersect(["generation_config.json", "merges.txt", "vocab.json"]));
        model.SaveOnnx(Folder);
        Assert.Empty(Names().Intersect(["vocab.txt", "tokenizer.json"]));
        using var export = new ExportedGenerator(Folder);
        Assert.Equal(["input_ids", "attention_mask"], export.InputNames);
        Assert.False(export.Config.GetProperty("use_cache").GetBoolean());
    }

    [Fact]
    public void SaveOnnx_WhatCannotBeWritten_IsAnErrorThatLeavesNothing()
    {
        var model = Fit(new LoraOptions { Rank = 4 });
        var file = Path.Combine(_parent, "file");
        File.WriteAllText(file, "");
        Directory.CreateDirectory(Path.Combine(_parent, "taken", "merges.txt"));
        var before = Directory.GetFiles(_checkpoint.FullName).ToDictionary(path => path, File.ReadAllBytes);

        Assert.Contains("is a file; give the path of a folder", Assert.Throws<ArgumentException>(() => model.SaveOnnx(file)).Message);
        Assert.Contains("folder", Assert.Throws<ArgumentException>(() => model.SaveOnnx(" ")).Message);
        Assert.Contains("holds config.json, which is no export of a model", Assert.Throws<ArgumentException>(() => model.SaveOnnx(_checkpoint.FullName)).Message);
        Assert.Contains("merges.txt' is a folder", Assert.Throws<IOException>(() => model.SaveOnnx(Path.Combine(_parent, "taken"))).Message);
        Assert.Empty(Directory.GetFiles(Path.Combine(_parent, "taken")));
        Assert.Equal(before, Directory.GetFiles(_checkpoint.FullName).ToDictionary(path => path, File.ReadAllBytes));
        model.Dispose();
        Assert.Throws<ObjectDisposedException>(() => model.SaveOnnx(Folder));
        Assert.False(Directory.Exists(Folder));
    }

    [Fact]
    public void ConvertToOnnx_OfAGenerator_SaysWhatToCallInstead()
    {
        using var model = Fit(new LoraOptions { Rank = 4 });
        using var stream = new MemoryStream();

        var error = Assert.Throws<NotSupportedException>(() => _ml.Model.ConvertToOnnx(model, _ml.Data.LoadFromEnumerable(TinyGpt.Rows), stream));

        Assert.Contains("EvaGenerationTransformer.SaveOnnx", error.Message);
    }

    private EvaGenerationTransformer Fit(AdapterOptions adapter, int epochs = 2)
    {
        var options = _checkpoint.Options(adapter, epochs);
        options.Separator = " => ";
        return _ml.Transforms.Text.EvaLoraGeneration(options).Fit(_ml.Data.LoadFromEnumerable(TinyGpt.Rows));
    }

    private IEnumerable<string> Names() => Directory.GetFiles(Folder).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal);
}
