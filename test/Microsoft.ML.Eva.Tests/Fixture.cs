using System.Reflection;
using System.Text.Json;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests;

/// <summary>Finds the reference values: Fixtures/ in this project, or the folder that EVA_FIXTURES names.</summary>
internal static class Fixture
{
    /// <summary>The root of the repository this was built from.</summary>
    public static string RepositoryRoot { get; } = Path.GetFullPath(
        typeof(Fixture).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == "RepositoryRoot").Value!);

    /// <summary>The folder of reference values.</summary>
    public static string Folder { get; } = Environment.GetEnvironmentVariable("EVA_FIXTURES") is { Length: > 0 } folder
        ? folder
        : Path.Combine(RepositoryRoot, "test", "Microsoft.ML.Eva.Tests", "Fixtures");

    /// <summary>The path of a file or folder below <see cref="Folder"/>.</summary>
    public static string PathTo(params string[] parts) => Path.Combine([Folder, .. parts]);

    /// <summary>All tensors of a safetensors file; attached to no scope.</summary>
    public static Dictionary<string, Tensor> Tensors(params string[] parts) => SafetensorsReader.ReadFile(PathTo(parts));

    /// <summary>A JSON file.</summary>
    public static JsonElement Json(params string[] parts) => JsonDocument.Parse(File.ReadAllText(PathTo(parts))).RootElement;

    /// <summary>The cases of one kind in peft_manifest.json or base_manifest.json.</summary>
    public static IEnumerable<JsonElement> Cases(string manifest, params string[] kinds) =>
        Json(manifest).GetProperty("cases").EnumerateArray().Where(c => kinds.Contains(c.GetProperty("kind").GetString()));

    /// <summary>Asserts that all entries differ by at most <paramref name="tolerance"/>; the message tells where and by how much.</summary>
    public static void AssertClose(Tensor expected, Tensor actual, double tolerance, string what)
    {
        using var scope = NewDisposeScope();
        Assert.True(expected.shape.SequenceEqual(actual.shape), $"{what}: shape [{string.Join(", ", actual.shape)}], expected [{string.Join(", ", expected.shape)}]");
        if (expected.numel() == 0)
            return;
        var difference = (expected.to(float64) - actual.detach().cpu().to(float64)).abs();
        var largest = difference.max().item<double>();
        Assert.True(largest <= tolerance, $"{what}: differs by {largest:e2}, allowed {tolerance:e2}");
    }
}
