using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Benchmarks;

/// <summary>Rows per second of MiniLM's forward pass by rows in a batch: how much batches can gain at all on a machine, and which size is enough.</summary>
internal static class BatchSizeSuite
{
    private static readonly (int Rows, int Tokens)[] Shapes =
        [(1, 25), (2, 25), (4, 25), (8, 25), (16, 25), (32, 25), (64, 25), (128, 25), (1, 128), (4, 128), (16, 128), (32, 128), (64, 128)];

    public static object Run(SuiteSettings settings)
    {
        using var network = MiniLmSetup.CreateNetwork();
        using var generator = new Generator(1);
        var batches = Shapes.Select(shape => new Batch
        {
            Inputs = randint(1000, 30000, [shape.Rows, shape.Tokens], dtype: int64, generator: generator),
            Mask = ones(shape.Rows, shape.Tokens, dtype: int64),
            TokenTypes = zeros(shape.Rows, shape.Tokens, dtype: int64),
        }).ToList();
        using var a = randn(2048, 384, generator: generator);
        using var b = randn(384, 1536, generator: generator);
        var seconds = settings.Medians([() => a.matmul(b).Dispose(), .. batches.Select(batch => (Action)(() => Forward(network, batch)))]);
        var weights = network.Backbone.AdaptableLayers.Sum(layer => layer.InFeatures * layer.OutFeatures);
        batches.ForEach(batch => batch.Dispose());
        return new
        {
            Threads = get_num_threads(),
            GemmGigaflopsPerSecond = 2.0 * 2048 * 384 * 1536 / seconds[0] / 1e9,
            Shapes = Shapes.Zip(seconds.Skip(1)).Select(pair => new
            {
                Shape = $"{pair.First.Rows}x{pair.First.Tokens}",
                Milliseconds = pair.Second * 1e3,
                RowsPerSecond = pair.First.Rows / pair.Second,
                GigaflopsPerSecond = 2.0 * weights * pair.First.Rows * pair.First.Tokens / pair.Second / 1e9,
            }),
        };
    }

    private static void Forward(Network network, Batch batch)
    {
        using var mode = inference_mode();
        network.Forward(batch, ForwardMode.Evaluation).Dispose();
    }
}
