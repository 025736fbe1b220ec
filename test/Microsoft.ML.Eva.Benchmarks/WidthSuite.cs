using System.Text.Json;
using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Eva;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Benchmarks;

/// <summary>
/// EVA's warm-up by the network's width: BERTs of random weights, the same mini-batches of random tokens, so many of them at every
/// width. The decompositions must not grow faster with the width than the forward passes do.
/// </summary>
internal static class WidthSuite
{
    private const int Layers = 4;
    private const int Vocabulary = 4000;
    private const int Batches = 8;
    private const int Rows = 32;
    private const int Tokens = 16;
    private static readonly int[] Widths = [384, 512, 768, 1024];

    public static object Run(SuiteSettings settings)
    {
        var networks = Widths.Select(CreateNetwork).ToList();
        try
        {
            var seconds = settings.Medians([.. networks.SelectMany(network => new Action[] { () => WarmUp(network, settings), () => Forward(network, settings) })]);
            return new
            {
                Layers,
                Batches,
                TokensPerBatch = Rows * Tokens,
                Threads = get_num_threads(),
                Widths = Widths.Select((width, i) => new
                {
                    Width = width,
                    WarmUpSeconds = seconds[2 * i],
                    ForwardSeconds = seconds[(2 * i) + 1],
                    WarmUpToForward = seconds[2 * i] / seconds[(2 * i) + 1],
                }),
            };
        }
        finally
        {
            networks.ForEach(network => network.Dispose());
        }
    }

    private static void WarmUp(Network network, SuiteSettings settings)
    {
        var options = new EvaOptions { Rho = 2, BatchSize = Rows, MinBatches = Batches, MaxBatches = Batches };
        var plan = AdapterPlan.Create(new LoraOptions { Rank = 8, Initialization = options }, network.Backbone.AdaptableLayers);
        new EvaAnalysis(options, seed: 1) { Precision = settings.Precision }.Run(network.Backbone, plan, RandomBatches).Dispose();
    }

    private static void Forward(Network network, SuiteSettings settings)
    {
        using var gradient = no_grad();
        foreach (var batch in RandomBatches())
            using (batch)
                network.Backbone.Forward(batch, ForwardMode.EvaluationIn(settings.Precision)).Dispose();
    }

    private static IEnumerable<Batch> RandomBatches()
    {
        using var generator = new Generator(1);
        for (var i = 0; i < Batches; i++)
            yield return new Batch
            {
                Inputs = randint(0, Vocabulary, [Rows, Tokens], dtype: int64, generator: generator).DetachFromDisposeScope(),
                Mask = ones(Rows, Tokens, dtype: int64).DetachFromDisposeScope(),
                TokenTypes = zeros(Rows, Tokens, dtype: int64).DetachFromDisposeScope(),
            };
    }

    private static Network CreateNetwork(int width)
    {
        using var random = new Generator(1);
        var tensors = new Dictionary<string, Tensor>
        {
            ["embeddings.word_embeddings.weight"] = WithDecay(Normal(Vocabulary, width)),
            ["embeddings.position_embeddings.weight"] = Normal(512, width),
            ["embeddings.token_type_embeddings.weight"] = Normal(2, width),
        };
        AddNorm("embeddings.LayerNorm", width);
        for (var layer = 0; layer < Layers; layer++)
        {
            var name = $"encoder.layer.{layer}";
            foreach (var part in new[] { "attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense" })
                AddLinear($"{name}.{part}", width, width);
            AddLinear($"{name}.intermediate.dense", 4 * width, width);
            AddLinear($"{name}.output.dense", width, 4 * width);
            AddNorm($"{name}.attention.output.LayerNorm", width);
            AddNorm($"{name}.output.LayerNorm", width);
        }
        var content = new CheckpointContent
        {
            Name = $"random BERT of width {width}",
            Config = JsonSerializer.SerializeToElement(new
            {
                model_type = "bert", vocab_size = Vocabulary, hidden_size = width, num_hidden_layers = Layers, num_attention_heads = width / 64,
                intermediate_size = 4 * width, hidden_act = "gelu", max_position_embeddings = 512, type_vocab_size = 2, pad_token_id = 0,
            }),
            Tensors = tensors,
            Files = new Dictionary<string, byte[]>(),
        };
        try
        {
            return NetworkFactory.Create(content, HeadKind.Mean, 2, random, dropout: 0);
        }
        finally
        {
            content.Release(); // the network holds a reference of its own
        }

        Tensor Normal(params long[] shape) => empty(shape).normal_(0, 0.05, random).DetachFromDisposeScope();

        // Directions of falling variance, as in trained networks; with equal ones there would be no principal components to find.
        static Tensor WithDecay(Tensor table)
        {
            using var scope = NewDisposeScope();
            return table.mul_(arange(1, table.shape[1] + 1, dtype: float32).pow(-0.7).mul_(20)).DetachFromDisposeScope();
        }

        void AddLinear(string name, long outputs, long inputs) => (tensors[$"{name}.weight"], tensors[$"{name}.bias"]) = (Normal(outputs, inputs), Normal(outputs));

        void AddNorm(string name, long size) => (tensors[$"{name}.weight"], tensors[$"{name}.bias"]) = (ones(size).DetachFromDisposeScope(), zeros(size).DetachFromDisposeScope());
    }
}
