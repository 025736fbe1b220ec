using System.Text.Json;
using Microsoft.ML.Eva.Data.Tokenization;

namespace Microsoft.ML.Eva.Tests.Data.Tokenization;

/// <summary>Tokenizers of the fixtures, from any subset of their files.</summary>
internal static class TokenizerFixture
{
    private static readonly string[] NotSmall = ["cases.json", "model.safetensors", "texts.json", "texts.safetensors"];

    /// <summary>The folders of the manifest's tokenizer cases.</summary>
    public static IEnumerable<string> Folders => Fixture.Cases("base_manifest.json", "tokenizer").Select(c => c.GetProperty("folder").GetString()!);

    /// <summary>A folder's files by relative name, as a checkpoint gives them.</summary>
    public static Dictionary<string, byte[]> Files(string folder) => Directory.GetFiles(Fixture.PathTo(folder))
        .Where(f => !NotSmall.Contains(Path.GetFileName(f)))
        .ToDictionary(f => Path.GetFileName(f), File.ReadAllBytes);

    /// <summary>The tokenizer of these files.</summary>
    public static TextTokenizer Create(IReadOnlyDictionary<string, byte[]> files, string name = "checkpoint")
    {
        using var config = JsonDocument.Parse(files["config.json"]);
        return TokenizerFactory.Create(config.RootElement.GetProperty("model_type").GetString()!, config.RootElement, files, name);
    }

    /// <summary>The token types of a row, written out.</summary>
    public static IEnumerable<int> Types(EncodedText row) => row.Ids.Select((_, i) => i < row.SecondStart ? 0 : 1);

    /// <summary>A case's list of numbers.</summary>
    public static int[] Numbers(JsonElement element) => [.. element.EnumerateArray().Select(e => e.GetInt32())];
}
