using BenchmarkDotNet.Attributes;
using Microsoft.ML.Eva.Eva;

namespace Microsoft.ML.Eva.Benchmarks;

/// <summary>The allocation of ranks, which runs after every mini-batch of the warm-up.</summary>
[MemoryDiagnoser]
public class RankAllocatorBenchmarks
{
    private double[][] _values = [];

    /// <summary>Number of adapted layers: MiniLM, RoBERTa-large.</summary>
    [Params(36, 144)]
    public int Layers { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);
        _values = [.. Enumerable.Range(0, Layers).Select(_ => Enumerable.Range(0, 16).Select(_ => random.NextDouble()).OrderDescending().ToArray())];
    }

    [Benchmark]
    public int[] Allocate() => RankAllocator.Allocate(_values, 8 * Layers);
}
