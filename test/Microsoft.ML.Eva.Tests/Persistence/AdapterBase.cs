using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Gpt2;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Tests.Backbones;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Persistence;

/// <summary>The networks of Fixtures/bases with the heads their adapters were made for, and their batches.</summary>
internal static class AdapterBase
{
    /// <summary>The base of that name with <paramref name="outputs"/> outputs.</summary>
    public static Network Load(string name, int outputs)
    {
        var network = GoldenModel.Load($"bases/{name}", HeadKind.Pooler, outputs, takeOverHead: true);
        // GPT-2's bases are language models.
        return network.Backbone is Gpt2Backbone gpt2 ? new Network(network.Checkpoint.AddReference(), gpt2, new LanguageModelHead(gpt2.WordTable)) : network;
    }

    /// <summary>The batch under <c>inputs.</c>.</summary>
    public static Batch BatchOf(Dictionary<string, Tensor> tensors, string prefix = "inputs.") => tensors.TryGetValue($"{prefix}pixel_values", out var pixels)
        ? new Batch { Inputs = pixels.clone().DetachFromDisposeScope() }
        : GoldenModel.BatchOf(tensors, prefix);

    /// <summary>The number of outputs of a base's own head.</summary>
    public static int OutputsOf(string name)
    {
        var tensors = Fixture.Tensors("bases", name, "model.safetensors");
        try
        {
            return new[] { "classifier.weight", "classifier.out_proj.weight", "score.weight", "classifier.1.weight" }.Where(tensors.ContainsKey).Select(tensor => (int)tensors[tensor].shape[0]).FirstOrDefault(2);
        }
        finally
        {
            tensors.Dispose();
        }
    }
}
