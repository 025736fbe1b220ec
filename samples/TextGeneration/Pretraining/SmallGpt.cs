using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace TextGeneration.Pretraining;

/// <summary>Writes a GPT-2 with random weights and a vocabulary of its own as a folder in Hugging Face's form.</summary>
internal static class SmallGpt
{
    private const int Width = 128;
    private const int Layers = 3;

    /// <summary>Writes the folder; what is there is replaced.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="vocabulary">The tokens and their merges.</param>
    /// <param name="positions">The most tokens of a text.</param>
    /// <param name="seed">What the weights follow from.</param>
    public static void Write(string folder, BytePairTrainer vocabulary, int positions, int seed)
    {
        Directory.CreateDirectory(folder);
        var tokens = vocabulary.Tokens;
        File.WriteAllText(Path.Combine(folder, "merges.txt"), vocabulary.Merges);
        File.WriteAllText(Path.Combine(folder, "vocab.json"), JsonSerializer.Serialize(tokens.Select((token, id) => (token, id)).ToDictionary(entry => entry.token, entry => entry.id)));
        File.WriteAllText(Path.Combine(folder, "config.json"), JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["model_type"] = "gpt2", ["architectures"] = new[] { "GPT2LMHeadModel" }, ["vocab_size"] = tokens.Count, ["n_positions"] = positions, ["n_embd"] = Width,
            ["n_layer"] = Layers, ["n_head"] = 4, ["eos_token_id"] = tokens.Count - 1, ["bos_token_id"] = tokens.Count - 1,
            ["embd_pdrop"] = 0.0, ["attn_pdrop"] = 0.0, ["resid_pdrop"] = 0.0,
        }));
        WriteWeights(Path.Combine(folder, "model.safetensors"), Shapes(tokens.Count, positions), new Random(seed));
    }

    private static IEnumerable<(string Name, int[] Shape)> Shapes(int vocabulary, int positions)
    {
        yield return ("wte.weight", [vocabulary, Width]);
        yield return ("wpe.weight", [positions, Width]);
        foreach (var layer in Enumerable.Range(0, Layers).Select(i => $"h.{i}"))
        {
            foreach (var norm in new[] { "ln_1", "ln_2" })
            {
                yield return ($"{layer}.{norm}.weight", [Width]);
                yield return ($"{layer}.{norm}.bias", [Width]);
            }
            foreach (var (name, inputs, outputs) in new[] { ("attn.c_attn", Width, 3 * Width), ("attn.c_proj", Width, Width), ("mlp.c_fc", Width, 4 * Width), ("mlp.c_proj", 4 * Width, Width) })
            {
                yield return ($"{layer}.{name}.weight", [inputs, outputs]);
                yield return ($"{layer}.{name}.bias", [outputs]);
            }
        }
        yield return ("ln_f.weight", [Width]);
        yield return ("ln_f.bias", [Width]);
    }

    // safetensors: the header's length, the header as JSON, the numbers.
    private static void WriteWeights(string path, IEnumerable<(string Name, int[] Shape)> shapes, Random random)
    {
        var (header, content) = (new Dictionary<string, object>(), new MemoryStream());
        foreach (var (name, shape) in shapes)
        {
            var start = content.Length;
            content.Write(MemoryMarshal.AsBytes<float>(Values(name, shape.Aggregate(1, (count, size) => count * size), random)));
            header[name] = new { dtype = "F32", shape, data_offsets = new[] { start, content.Length } };
        }
        var json = JsonSerializer.SerializeToUtf8Bytes(header);
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        using var file = File.Create(path);
        file.Write(length);
        file.Write(json);
        content.WriteTo(file);
    }

    // As GPT-2 begins: norms 1, biases 0, all else normal with deviation 0.02; a little more here, since the network is narrow.
    private static float[] Values(string name, int count, Random random)
    {
        var values = new float[count];
        if (name.Contains("ln_", StringComparison.Ordinal) && name.EndsWith(".weight", StringComparison.Ordinal))
            Array.Fill(values, 1);
        else if (!name.EndsWith(".bias", StringComparison.Ordinal))
            for (var i = 0; i < count; i++)
                values[i] = (float)(0.05 * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        return values;
    }
}
