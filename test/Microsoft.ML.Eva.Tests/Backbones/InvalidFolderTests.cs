using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Data.Tokenization;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Backbones;

[Trait("Category", "Fixtures")]
public sealed partial class InvalidFolderTests
{
    // A larger table than the tokenizer needs is usual; the reference loads it, too.
    private static readonly string[] Sound = ["control", "vocab-smaller-than-table"];

    public static TheoryData<string> Faults() => [.. Fixture.Json("invalid", "faults.json").EnumerateArray().Select(f => f.GetProperty("folder").GetString()!)];

    [Theory]
    [MemberData(nameof(Faults))]
    public void Load_BrokenFolder_NamesTheFault(string folder)
    {
        var path = Fixture.PathTo("invalid", folder);
        if (Sound.Contains(folder))
        {
            Load(path);
            return;
        }

        var e = Assert.Throws<InvalidDataException>(() => Load(path));

        var fault = Fixture.Json("invalid", "faults.json").EnumerateArray().First(f => f.GetProperty("folder").GetString() == folder);
        foreach (var name in fault.GetProperty("error_names").EnumerateArray().Select(name => name.GetString()!))
            Assert.True(Names(e.Message, name, path), $"'{name}' is not in: {e.Message}");
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public void Load_BrokenFolder_AllocatesNoMoreThanTheFilesSize(string folder)
    {
        var path = Fixture.PathTo("invalid", folder);
        var size = Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length);
        Attempt(path); // the first time is dearer by what is loaded once
        var before = GC.GetAllocatedBytesForCurrentThread();

        Attempt(path);

        // Managed bytes: file contents, JSON and messages. Tensors are native and bounded by the checked header.
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated < 4 * size + 2_000_000, $"{folder}: {allocated} bytes for {size}");
    }

    private static void Attempt(string path)
    {
        try
        {
            CheckpointFolder.Read(path, CPU).Release();
        }
        catch (InvalidDataException)
        {
        }
    }

    /// <summary>Folder to network and tokenizer, as every user's call goes.</summary>
    private static void Load(string path)
    {
        var content = CheckpointFolder.Read(path, CPU);
        try
        {
            using var generator = new Generator(1);
            using var network = NetworkFactory.Create(content, HeadKind.Auto, 3, generator);
            NetworkFactory.CheckVocabulary(content, TokenizerFactory.Create(content.ModelType, content.Config, content.Files, content.Name));
        }
        finally
        {
            content.Release();
        }
    }

    // faults.json names what a message must hold, some of it in words.
    private static bool Names(string message, string what, string path) => what switch
    {
        "expected and actual size" => Numbers().Count(message) >= 2,
        "header length" => message.Contains("header", StringComparison.Ordinal) && Numbers().Count(message) >= 2,
        "file size" => message.Contains(Weights(path).Length.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal),
        "both shapes" => Shapes().Count(message) >= 2,
        "line or position" => Position().IsMatch(message),
        "both values" => Config(path) is var config && message.Contains($"{config.GetProperty("hidden_size")}", StringComparison.Ordinal)
            && message.Contains($"{config.GetProperty("num_attention_heads")}", StringComparison.Ordinal),
        "tokenizer size" => message.Contains("tokenizer", StringComparison.Ordinal) && Numbers().Count(message) >= 2,
        "folder" => message.Contains(Path.GetFileName(path), StringComparison.Ordinal),
        "tokenizer.json or vocab.txt" => message.Contains("tokenizer.json", StringComparison.Ordinal) && message.Contains("vocab.txt", StringComparison.Ordinal),
        _ => message.Contains(what, StringComparison.Ordinal),
    };

    private static FileInfo Weights(string path) => new(Path.Combine(path, "model.safetensors"));

    private static JsonElement Config(string path) => JsonDocument.Parse(File.ReadAllText(Path.Combine(path, "config.json"))).RootElement;

    [GeneratedRegex(@"\d{2,}")]
    private static partial Regex Numbers();

    [GeneratedRegex(@"\[\d+(, \d+)*\]")]
    private static partial Regex Shapes();

    [GeneratedRegex(@"line \d+, position \d+")]
    private static partial Regex Position();
}
