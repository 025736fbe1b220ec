using System.Numerics.Tensors;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Tokenizers;

namespace Microsoft.ML.Eva.Tests.Documentation;

/// <summary>The code of docs/onnx.md, which must stand there word for word; see <see cref="SnippetTests"/>. Onnx/SaveOnnxTests runs it.</summary>
internal static class OnnxSnippets
{
    public static void Save(TransformerChain<Transforms.KeyToValueMappingTransformer> model, string folder)
    {
        // snippet
        var eva = model.OfType<EvaTransformer>().Single(); // of the chain that pipeline.Fit gave
        eva.SaveOnnx(folder);
        // end
    }

    public static void SaveGenerator(EvaGenerationTransformer generator, string folder)
    {
        // snippet
        generator.SaveOnnx(folder, withCache: true);
        // end
    }

    public static BpeTokenizer CreateTokenizer(string folder)
    {
        // snippet
        // GPT-2's bytes and pairs of them; a text is cut into words first.
        var words = new Regex(@"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+");
        var files = new BpeOptions(Path.Combine(folder, "vocab.json"), Path.Combine(folder, "merges.txt")) { ByteLevel = true, PreTokenizer = new RegexPreTokenizer(words, null) };
        var tokenizer = BpeTokenizer.Create(files);
        // end
        return tokenizer;
    }

    public static string Write(string folder, string prompt)
    {
        var tokenizer = CreateTokenizer(folder);
        // snippet
        using var about = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "inference.json")));
        using var config = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "config.json")));
        using var session = new InferenceSession(Path.Combine(folder, "model.onnx"));
        var ends = about.RootElement.GetProperty("end_token_ids").EnumerateArray().Select(id => id.GetInt32()).ToHashSet();
        long heads = config.RootElement.GetProperty("n_head").GetInt64(), size = config.RootElement.GetProperty("n_embd").GetInt64() / heads;
        string[] past = [.. session.InputNames.Where(name => name.StartsWith("past_key_values."))];
        string[] present = [.. past.Select(name => name.Replace("past_key_values", "present"))];

        IReadOnlyList<int> next = tokenizer.EncodeToIds(prompt + about.RootElement.GetProperty("separator").GetString()); // first the whole prompt, then token by token
        List<int> written = [];
        IReadOnlyList<OrtValue> cache = [.. past.Select(_ => OrtValue.CreateTensorValueFromMemory(Array.Empty<float>(), [1, heads, 0, size]))];
        using var options = new RunOptions();
        for (var seen = 0; written.Count < about.RootElement.GetProperty("decoding").GetProperty("max_new_tokens").GetInt32();)
        {
            long[] ids = [.. next.Select(id => (long)id)];
            using var idsValue = OrtValue.CreateTensorValueFromMemory(ids, [1, ids.Length]);
            using var maskValue = OrtValue.CreateTensorValueFromMemory(Enumerable.Repeat(1L, seen + ids.Length).ToArray(), [1, seen + ids.Length]);
            using var placesValue = OrtValue.CreateTensorValueFromMemory(ids.Select((_, i) => (long)(seen + i)).ToArray(), [1, ids.Length]);
            var outputs = session.Run(options, ["input_ids", "attention_mask", "position_ids", .. past], [idsValue, maskValue, placesValue, .. cache], ["logits", .. present]);
            foreach (var value in cache)
                value.Dispose();
            cache = [.. outputs.Skip(1)];
            seen += ids.Length;
            using var logits = outputs[0]; // [1, tokens, vocabulary]
            var width = (int)logits.GetTensorTypeAndShape().Shape[2];
            var best = TensorPrimitives.IndexOfMax(logits.GetTensorDataAsSpan<float>()[^width..]);
            if (ends.Contains(best))
                break;
            written.Add(best);
            next = [best];
        }
        foreach (var value in cache)
            value.Dispose();
        var text = tokenizer.Decode(written);
        // end
        return text;
    }

    public static float[] Run(string folder, string text, int maxTokens)
    {
        // snippet
        var tokenizer = BertTokenizer.Create(Path.Combine(folder, "vocab.txt"));
        using var session = new InferenceSession(Path.Combine(folder, "model.onnx"));

        var all = tokenizer.EncodeToIds(text);
        IReadOnlyList<int> kept = all.Count <= maxTokens ? all : [.. all.Take(maxTokens - 1), tokenizer.SeparatorTokenId]; // as the trainer cut
        long[] ids = [.. kept.Select(id => (long)id)];
        long[] mask = [.. ids.Select(_ => 1L)], types = new long[ids.Length], shape = [1, ids.Length];
        using var idsValue = OrtValue.CreateTensorValueFromMemory(ids, shape);
        using var maskValue = OrtValue.CreateTensorValueFromMemory(mask, shape);
        using var typesValue = OrtValue.CreateTensorValueFromMemory(types, shape);
        using var options = new RunOptions();
        using var outputs = session.Run(options, ["input_ids", "attention_mask", "token_type_ids"], [idsValue, maskValue, typesValue], ["probabilities"]);
        float[] probabilities = outputs[0].GetTensorDataAsSpan<float>().ToArray(); // in the order of inference.json's classes
        // end
        return probabilities;
    }
}
