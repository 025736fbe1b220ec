using System.Text.Json;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Data.Tokenization;
using Microsoft.ML.Eva.Generation;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Benchmarks;

/// <summary>Tokens a second of a GPT-2 with random weights: with and without the key/value cache, alone, in a batch, with beams, and as an exported graph in ONNX Runtime.</summary>
internal static class GenerateSuite
{
    private const int Width = 384;
    private const int Layers = 6;
    private const int Vocabulary = 8000;
    private const int PromptTokens = 64;
    private const int NewTokens = 64;
    private const int Rows = 8;

    public static object Run(SuiteSettings settings)
    {
        using var network = CreateNetwork();
        int[][] prompts = [.. Enumerable.Range(0, Rows).Select(row => Enumerable.Range(0, PromptTokens).Select(i => (row * 131 + i * 17) % Vocabulary).ToArray())];
        int[][] cached = [], uncached = [];
        int[] onnxCached = [], onnxUncached = [];
        using var onnx = new OnnxDecoder(network, withCache: true);
        using var onnxWithoutCache = new OnnxDecoder(network, withCache: false);

        var seconds = settings.Medians(
            () => cached = Write(network, prompts[..1], usesCache: true),
            () => uncached = Write(network, prompts[..1], usesCache: false),
            () => Write(network, prompts, usesCache: true),
            () => Search(network, prompts[..1]),
            () => onnxCached = onnx.Write(prompts[0], NewTokens),
            () => onnxUncached = onnxWithoutCache.Write(prompts[0], NewTokens),
            () => Write(network, prompts[..1], usesCache: true, ComputePrecision.BFloat16),
            () => Write(network, prompts, usesCache: true, ComputePrecision.BFloat16));

        return new
        {
            Layers,
            Width,
            Vocabulary,
            PromptTokens,
            NewTokens,
            CachedTokensPerSecond = NewTokens / seconds[0],
            UncachedTokensPerSecond = NewTokens / seconds[1],
            SpeedUp = seconds[1] / seconds[0],
            BatchRows = Rows,
            BatchTokensPerSecond = Rows * NewTokens / seconds[2],
            CachedBFloat16TokensPerSecond = NewTokens / seconds[6],
            BatchBFloat16TokensPerSecond = Rows * NewTokens / seconds[7],
            FourBeamsTokensPerSecond = NewTokens / seconds[3],
            OnnxCachedTokensPerSecond = NewTokens / seconds[4],
            OnnxUncachedTokensPerSecond = NewTokens / seconds[5],
            AreTokensEqual = cached[0].SequenceEqual(uncached[0]) && cached[0].SequenceEqual(onnxCached) && cached[0].SequenceEqual(onnxUncached),
            Threads = get_num_threads(),
        };
    }

    private static int[][] Write(Network network, int[][] prompts, bool usesCache, ComputePrecision precision = ComputePrecision.Float32)
    {
        using var session = new CausalSession(network, CPU, usesCache, precision);
        var writer = new StepwiseWriter(session, prompts, new GreedyOptions { MaxNewTokens = NewTokens }, NoEnd, NoText);
        while (writer.Step())
        {
        }
        return [.. writer.Rows.Select(row => row.NewTokens.ToArray())];
    }

    private static void Search(Network network, int[][] prompts)
    {
        using var session = new CausalSession(network, CPU);
        var search = new BeamSearch(session, prompts, new BeamSearchOptions { Beams = 4, MaxNewTokens = NewTokens }, NoEnd, NoText);
        while (search.Step())
        {
        }
    }

    private static EndTokens NoEnd => new([-1]);

    private static TokenDecoder NoText => new([], []);

    private static Network CreateNetwork()
    {
        using var random = new Generator(1);
        var tensors = new Dictionary<string, Tensor> { ["wte.weight"] = Normal(Vocabulary, Width), ["wpe.weight"] = Normal(PromptTokens + NewTokens, Width) };
        foreach (var norm in Enumerable.Range(0, Layers).SelectMany(i => new[] { $"h.{i}.ln_1", $"h.{i}.ln_2" }).Append("ln_f"))
            (tensors[$"{norm}.weight"], tensors[$"{norm}.bias"]) = (ones(Width), zeros(Width));
        foreach (var layer in Enumerable.Range(0, Layers).Select(i => $"h.{i}"))
            foreach (var (name, inputs, outputs) in new[] { ("attn.c_attn", Width, 3 * Width), ("attn.c_proj", Width, Width), ("mlp.c_fc", Width, 4 * Width), ("mlp.c_proj", 4 * Width, Width) })
                (tensors[$"{layer}.{name}.weight"], tensors[$"{layer}.{name}.bias"]) = (Normal(inputs, outputs), zeros(outputs));
        var content = new CheckpointContent
        {
            Name = "random",
            Config = JsonSerializer.SerializeToElement(new { model_type = "gpt2", vocab_size = Vocabulary, n_positions = PromptTokens + NewTokens, n_embd = Width, n_layer = Layers, n_head = 6 }),
            Tensors = tensors,
            Files = new Dictionary<string, byte[]>(),
        };
        try
        {
            return NetworkFactory.CreateLanguageModel(content);
        }
        finally
        {
            content.Release(); // the network holds a reference of its own
        }

        Tensor Normal(params long[] shape) => empty(shape).normal_(0, 0.1, random);
    }
}
