using Microsoft.ML.Eva.Tensors;
using Microsoft.ML.Eva.Tests.Data.Tokenization;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.MLNet;

/// <summary>
/// RoBERTa-large with random weights: names and shapes are the approved ones of the published model; the tokenizer is a small one,
/// whose ids the table has.
/// </summary>
internal static class LargeCheckpoint
{
    /// <summary>Writes the folder.</summary>
    /// <returns>The number of parameters.</returns>
    public static long Write(string folder)
    {
        var shapes = File.ReadAllLines(Path.Combine(Fixture.RepositoryRoot, "test", "Microsoft.ML.Eva.Tests", "Backbones", "Shapes", "roberta-large.txt"));
        File.WriteAllText(Path.Combine(folder, "config.json"), shapes[0]);
        var tokenizer = TokenizerFixture.Folders.First(name => Fixture.Json(name, "config.json").GetProperty("model_type").GetString() == "roberta");
        foreach (var (name, content) in TokenizerFixture.Files(tokenizer).Where(file => file.Key != "config.json"))
            File.WriteAllBytes(Path.Combine(folder, name), content);
        using var scope = NewDisposeScope();
        using var random = new Generator(1);
        var tensors = new Dictionary<string, Tensor>();
        foreach (var line in shapes.Where(line => line.Contains('[') && !line.StartsWith('{')))
        {
            var (name, shape) = (line[..line.IndexOf(' ')], line[(line.IndexOf('[') + 1)..line.IndexOf(']')].Split(", ").Select(long.Parse).ToArray());
            tensors[name] = name.Contains("LayerNorm.weight") ? ones(shape) : shape.Length == 1 ? zeros(shape) : empty(shape).normal_(0, 0.02, random);
        }
        SafetensorsWriter.WriteFile(Path.Combine(folder, "model.safetensors"), tensors);
        return tensors.Values.Sum(tensor => tensor.numel());
    }
}
