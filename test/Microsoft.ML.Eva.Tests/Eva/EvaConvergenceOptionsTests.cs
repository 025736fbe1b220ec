using Microsoft.ML.Eva.Eva;

namespace Microsoft.ML.Eva.Tests.Eva;

/// <summary>When the warm-up ends, and which layers it looks at until then.</summary>
public class EvaConvergenceOptionsTests
{
    // Batches of few rows from a large vocabulary, so that components settle slowly and at different times.
    private static EvaResult RunSlowly(EvaOptions options, int seed = 1)
    {
        using var backbone = new ToyBackbone(vocabulary: 500);
        (options.ConvergenceMeasure, options.Tau, options.MaxBatches) = (EvaConvergenceMeasure.AbsoluteCosine, 0.99, 400);
        return EvaAnalysis.Run(backbone, ToyBatches.Plan(backbone), options, ToyBatches.Of(seed, count: 400, vocabulary: 500), 1);
    }

    [Fact]
    public void StableComponents_Half_EndsSoonerWithThatManyStable()
    {
        using var all = RunSlowly(new EvaOptions());
        using var half = RunSlowly(new EvaOptions { StableComponents = 0.5 });

        Assert.True(all.HasConverged && half.HasConverged);
        Assert.True(half.Batches < all.Batches, $"{half.Batches} and {all.Batches} mini-batches");
        Assert.True(half.Passes[^1].MeanSimilarity < all.Passes[^1].MeanSimilarity);
    }

    [Fact]
    public void StableLayers_Half_EndsWhenHalfOfTheLayersAreStable()
    {
        using var all = RunSlowly(new EvaOptions());
        using var half = RunSlowly(new EvaOptions { StableLayers = 0.5 });

        Assert.True(half.HasConverged);
        Assert.True(half.Batches < all.Batches, $"{half.Batches} and {all.Batches} mini-batches");
        Assert.InRange(half.Passes[^1].StableLayers, 6, 11);
        Assert.All(half.Passes.SkipLast(1), pass => Assert.True(pass.StableLayers < 6));
    }

    [Fact]
    public void WatchesAgain_Off_LetsNoLayerComeBack()
    {
        int Returns(bool watchesAgain, int seed)
        {
            using var result = RunSlowly(new EvaOptions { WatchesAgain = watchesAgain }, seed);
            var (gone, returns) = (new HashSet<string>(), 0);
            foreach (var pass in result.Passes)
            {
                var watched = pass.Updates.Select(update => update.Layer).ToHashSet();
                returns += gone.Count(watched.Contains);
                gone.UnionWith(result.Passes[0].Updates.Select(update => update.Layer).Except(watched));
            }
            return returns;
        }

        Assert.All([1, 2, 3], seed => Assert.Equal(0, Returns(false, seed)));
        Assert.Contains([1, 2, 3], seed => Returns(true, seed) > 0);
    }
}
