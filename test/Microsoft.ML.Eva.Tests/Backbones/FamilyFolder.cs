using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML.Eva.Tensors;
using Microsoft.ML.Eva.Tests.Data.Tokenization;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Backbones;

/// <summary>
/// A tiny checkpoint of one text family with a tokenizer, in a temporary folder: a base model of the fixtures whose table of words
/// is made anew in the size of a tokenizer of the fixtures.
/// </summary>
internal sealed class FamilyFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("eva-family-");

    public FamilyFolder(string modelType)
    {
        var model = Models[modelType];
        var tokenizer = TokenizerOf(modelType);
        foreach (var (name, content) in TokenizerFixture.Files(tokenizer).Where(file => file.Key != "config.json" && !File.Exists(PathTo(file.Key))))
            File.WriteAllBytes(PathTo(name), content);
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(model, "config.json")))!;
        var (before, after) = ((int)config["vocab_size"]!, (int)JsonNode.Parse(File.ReadAllText(Fixture.PathTo(tokenizer, "config.json")))!["vocab_size"]!);
        config["vocab_size"] = after;
        File.WriteAllText(PathTo("config.json"), config.ToJsonString());
        using var scope = NewDisposeScope();
        using var random = new Generator(3);
        var tensors = SafetensorsReader.ReadFile(Path.Combine(model, "model.safetensors"));
        foreach (var tensor in tensors.Values)
            scope.Attach(tensor);
        var words = tensors.Single(t => t.Value.dim() == 2 && t.Value.shape[0] == before && (t.Key.Contains("embeddings") || t.Key.EndsWith("wte.weight", StringComparison.Ordinal)));
        tensors[words.Key] = empty(after, words.Value.shape[1]).normal_(0, 0.3, random);
        SafetensorsWriter.WriteFile(PathTo("model.safetensors"), tensors);
    }

    /// <summary>The families that the fixtures have a base model of, by config.json's model_type.</summary>
    public static IReadOnlyDictionary<string, string> Models { get; } = Directory.EnumerateDirectories(Fixture.PathTo("models"))
        .Select(folder => Path.Combine(folder, "base")).Where(folder => File.Exists(Path.Combine(folder, "config.json"))).Order(StringComparer.Ordinal)
        .Select(folder => (Folder: folder, Config: JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "config.json"))).RootElement))
        .Where(model => model.Config.TryGetProperty("vocab_size", out _))
        .GroupBy(model => model.Config.GetProperty("model_type").GetString()!)
        .ToDictionary(family => family.Key, family => family.First().Folder);

    /// <summary>The folder.</summary>
    public string FullName => _folder.FullName;

    /// <inheritdoc/>
    public void Dispose() => _folder.Delete(recursive: true);

    // DistilBERT and ELECTRA have BERT's tokenizer.
    private static string TokenizerOf(string modelType)
    {
        var byType = TokenizerFixture.Folders.ToLookup(folder => Fixture.Json(folder, "config.json").GetProperty("model_type").GetString()!);
        return byType[modelType].Concat(byType["bert"]).First();
    }

    private string PathTo(string file) => Path.Combine(_folder.FullName, file);
}
