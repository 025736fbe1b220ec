using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Benchmarks;

/// <summary>
/// What the machine gives: the rate of float32 matrix products at MiniLM's shapes, and the seconds of everything else that a
/// training step consists of, alone. A step's time is to be read against these.
/// </summary>
internal static class GemmSuite
{
    private const int Rows = 32 * 64;
    private const int Hidden = 384;
    private const int Inner = 1536;
    private const int Rank = 8;

    public static object Run(SuiteSettings settings)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        Tensor Random(params long[] shape) => randn(shape);
        var (x, inner) = (Random(Rows, Hidden), Random(Rows, Inner));
        var (square, wide, narrow) = (Random(Hidden, Hidden), Random(Inner, Hidden), Random(Hidden, Inner));
        var (a, b, bias, h) = (Random(Rank, Hidden), Random(Hidden, Rank), Random(Hidden), Random(Rows, Rank));
        var (q, norm) = (Random(32, 12, 64, 32), Random(Hidden));
        var pieces = new (string Name, double Operations, Func<Tensor> Compute)[]
        {
            ("2048x384 · 384x384", Product(Hidden, Hidden), () => x.matmul(square)),
            ("2048x384 · 384x384 transposed, with bias", Product(Hidden, Hidden), () => nn.functional.linear(x, square, bias)),
            ("2048x384 · 384x1536", Product(Hidden, Inner), () => nn.functional.linear(x, wide)),
            ("2048x1536 · 1536x384", Product(Hidden, Inner), () => nn.functional.linear(inner, narrow)),
            ("4096x4096 · 4096x4096, a tenth", 2.0 * 4096 * 4096 * 410, () => Random(410, 4096).matmul(Random(4096, 4096))),
            ("down: 2048x384 · 384x8", Product(Hidden, Rank), () => nn.functional.linear(x, a)),
            ("up: 2048x8 · 8x384, added in place", Product(Hidden, Rank), () => x.addmm_(h, b.t(), 1, 1e-6f).alias()),
            ("gradient of B: 384x2048 · 2048x8", Product(Hidden, Rank), () => x.t().matmul(h)),
            ("gradient of A: 8x2048 · 2048x384", Product(Hidden, Rank), () => h.t().matmul(x)),
            ("sum of two 2048x384", 0, () => x + x),
            ("gelu of 2048x1536", 0, () => nn.functional.gelu(inner)),
            ("layer norm of 2048x384", 0, () => nn.functional.layer_norm(x, [Hidden], norm, norm)),
            ("attention of 32x12x64x32", 4.0 * 32 * 12 * 64 * 64 * 32, () => nn.functional.scaled_dot_product_attention(q, q, q)),
            Backward("gelu of 2048x1536", inner, nn.functional.gelu),
            Backward("layer norm of 2048x384", x, input => nn.functional.layer_norm(input, [Hidden], norm, norm)),
            Backward("attention of 32x12x64x32", q, input => nn.functional.scaled_dot_product_attention(input, input, input)),
            ("attention step by step", 4.0 * 32 * 12 * 64 * 64 * 32, () => StepByStep(q)),
            Backward("attention step by step", q, StepByStep),
            ("W + sBA, 384x384", 2.0 * Hidden * Hidden * Rank, () => square.addmm(b, a, 1, 1)),
        };
        var seconds = settings.Medians([.. pieces.Select(piece => (Action)(() => piece.Compute().Dispose()))]);
        return new
        {
            Threads = get_num_threads(),
            Pieces = pieces.Zip(seconds).Select(pair => new
            {
                pair.First.Name,
                Milliseconds = pair.Second * 1e3,
                GigaflopsPerSecond = pair.First.Operations / pair.Second / 1e9,
            }),
        };
    }

    private static Tensor StepByStep(Tensor q)
    {
        using var scope = NewDisposeScope();
        return q.div(Math.Sqrt(32)).matmul(q.transpose(-2, -1)).softmax(-1).matmul(q).MoveToOuterDisposeScope();
    }

    // The forward pass is made once; what is timed goes back through it.
    private static (string, double, Func<Tensor>) Backward(string name, Tensor input, Func<Tensor, Tensor> function)
    {
        using var gradients = enable_grad();
        var leaf = input.clone().requires_grad_(true);
        var output = function(leaf);
        var gradient = ones_like(output);
        return ($"{name}, backward", 0, () => autograd.grad([output], [leaf], [gradient], retain_graph: true)[0]);
    }

    private static double Product(double inFeatures, double outFeatures) => 2 * Rows * inFeatures * outFeatures;
}
