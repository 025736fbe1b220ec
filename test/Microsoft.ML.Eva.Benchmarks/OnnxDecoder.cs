using System.Numerics.Tensors;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Onnx;
using Microsoft.ML.OnnxRuntime;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Benchmarks;

/// <summary>A language model as <see cref="EvaGenerationTransformer.SaveOnnx"/> writes it, in ONNX Runtime: always the best token after one prompt.</summary>
internal sealed class OnnxDecoder : IDisposable
{
    private readonly SessionOptions _options = new() { IntraOpNumThreads = get_num_threads() };
    private readonly InferenceSession _session;
    private readonly string[] _past;

    public OnnxDecoder(Network network, bool withCache)
    {
        using var scope = NewDisposeScope();
        var folder = Directory.CreateTempSubdirectory("eva-decoder-");
        try
        {
            var path = Path.Combine(folder.FullName, OnnxFolder.ModelFile);
            new OnnxFile(LanguageModelGraph.Create(network, withCache), "decoder", new Dictionary<string, string>()).Write(path, path + "_data", OnnxFolder.WeightsFile);
            _session = new InferenceSession(path, _options);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
        _past = [.. _session.InputNames.Where(name => name.StartsWith("past_key_values.", StringComparison.Ordinal))];
    }

    /// <summary>The tokens after the prompt.</summary>
    public int[] Write(int[] prompt, int newTokens)
    {
        var (all, seen) = (prompt.ToList(), 0);
        var cache = _past.Select(name => Empty(_session.InputMetadata[name].Dimensions)).ToList();
        using var run = new RunOptions();
        while (all.Count < prompt.Length + newTokens)
        {
            using var ids = Row(all.Skip(seen).Select(id => (long)id));
            using var mask = Row(all.Select(_ => 1L));
            using var positions = Row(Enumerable.Range(seen, all.Count - seen).Select(place => (long)place));
            var (names, values) = _past.Length > 0
                ? ([.. new[] { "input_ids", "attention_mask", "position_ids" }, .. _past], [ids, mask, positions, .. cache])
                : (new[] { "input_ids", "attention_mask" }, new[] { ids, mask });
            var outputs = _session.Run(run, names, values, _session.OutputNames);
            cache.ForEach(value => value.Dispose());
            cache = [.. outputs.Skip(1)];
            using var logits = outputs[0];
            seen = _past.Length > 0 ? all.Count : 0;
            all.Add(TensorPrimitives.IndexOfMax(logits.GetTensorDataAsSpan<float>()[^(int)logits.GetTensorTypeAndShape().Shape[2]..]));
        }
        cache.ForEach(value => value.Dispose());
        return [.. all.Skip(prompt.Length)];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _session.Dispose();
        _options.Dispose();
    }

    private static OrtValue Row(IEnumerable<long> values)
    {
        long[] row = [.. values];
        return OrtValue.CreateTensorValueFromMemory(row, [1, row.Length]);
    }

    // [rows, heads, no tokens, headSize]; sizes that are free are −1.
    private static OrtValue Empty(int[] sizes) => OrtValue.CreateTensorValueFromMemory(Array.Empty<float>(), [1, sizes[1], 0, sizes[3]]);
}
