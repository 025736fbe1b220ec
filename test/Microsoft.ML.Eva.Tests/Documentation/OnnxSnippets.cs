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
