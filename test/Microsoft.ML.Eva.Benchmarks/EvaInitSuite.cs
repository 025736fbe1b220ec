using System.Diagnostics;
using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Eva;
using TorchSharp;

namespace Microsoft.ML.Eva.Benchmarks;

/// <summary>EVA's warm-up on MiniLM: seconds and mini-batches until convergence, the default solver against the route that repeats PEFT's.</summary>
internal static class EvaInitSuite
{
    public static object Run(SuiteSettings settings)
    {
        using var network = MiniLmSetup.CreateNetwork();
        var rows = MiniLmSetup.CreateRows(network, settings.Texts);
        var results = new List<object>();
        foreach (var batchSize in new[] { 32, 4 })
            foreach (var rank in new[] { 4, 8, 16, 32 })
                foreach (var rho in new[] { 1.0, 2.0 })
                {
                    var exact = Measure(new EvaOptions { Rho = rho, BatchSize = batchSize }, rank);
                    var peft = EvaOptions.PeftCompatible();
                    (peft.Rho, peft.BatchSize, peft.MaxBatches, peft.Solver) = (rho, batchSize, 200, EvaSolver.IncrementalLowRank);
                    var incremental = Measure(peft, rank);
                    results.Add(new { Rank = rank, Rho = rho, BatchSize = batchSize, Exact = exact, PeftRoute = incremental, Ratio = incremental.Seconds / exact.Seconds });
                }
        return new { Rows = rows.RowCount, Threads = torch.get_num_threads(), Results = results };

        Measurement Measure(EvaOptions options, int rank)
        {
            var plan = AdapterPlan.Create(new LoraOptions { Rank = rank }, network.Backbone.AdaptableLayers);
            var times = new List<double>();
            EvaResult? last = null;
            for (var repeat = 0; repeat < Math.Max(1, settings.Repeats / 2); repeat++)
            {
                last?.Dispose();
                var (clock, epoch) = (Stopwatch.StartNew(), 0);
                last = EvaAnalysis.Run(network.Backbone, plan, options, () => rows.TrainingBatches(options.BatchSize, 1, epoch++), seed: 1);
                times.Add(clock.Elapsed.TotalSeconds);
            }
            using (last)
                return new Measurement(times.Order().ElementAt(times.Count / 2), last!.Batches, last.HasConverged);
        }
    }

    private sealed record Measurement(double Seconds, int Batches, bool Converged);
}
