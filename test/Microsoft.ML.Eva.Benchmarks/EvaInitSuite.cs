using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Eva;
using TorchSharp;

namespace Microsoft.ML.Eva.Benchmarks;

/// <summary>
/// EVA's warm-up on MiniLM: seconds and mini-batches until convergence, the default solver against our own route that repeats
/// PEFT's, and how far both agree with the components of all rows.
/// </summary>
internal static class EvaInitSuite
{
    private const int MostBatches = 200;

    public static object Run(SuiteSettings settings)
    {
        using var network = MiniLmSetup.CreateNetwork();
        var rows = MiniLmSetup.CreateRows(network, settings.Texts);
        using var full = settings.ComparesWithAllRows ? FullPca.Compute(network, rows, 2 * settings.Ranks.Max()) : null;
        var results = new List<object>();
        foreach (var batchSize in settings.BatchSizes)
            foreach (var rank in settings.Ranks)
                foreach (var rho in settings.Rhos)
                {
                    var plan = AdapterPlan.Create(new LoraOptions { Rank = rank }, network.Backbone.AdaptableLayers);
                    var peft = EvaOptions.PeftCompatible();
                    (peft.Rho, peft.BatchSize, peft.MaxBatches, peft.Solver) = (rho, batchSize, MostBatches, EvaSolver.IncrementalLowRank);
                    var exact = new EvaOptions { Rho = rho, BatchSize = batchSize, MaxBatches = MostBatches };
                    var measured = Measure(settings, [exact, peft], options => Analyse(plan, options), full);
                    results.Add(new { Rank = rank, Rho = rho, BatchSize = batchSize, Exact = measured[0], PeftRoute = measured[1], Ratio = measured[1].Seconds / measured[0].Seconds });
                }
        return new { Rows = rows.RowCount, Threads = torch.get_num_threads(), Results = results };

        EvaResult Analyse(AdapterPlan plan, EvaOptions options)
        {
            var epoch = 0;
            return new EvaAnalysis(options, seed: 1) { Precision = settings.Precision }.Run(network.Backbone, plan, () => rows.TrainingBatches(options.BatchSize, 1, epoch++));
        }
    }

    private static Measurement[] Measure(SuiteSettings settings, EvaOptions[] options, Func<EvaOptions, EvaResult> analyse, FullPca? full)
    {
        var results = new EvaResult?[options.Length];
        try
        {
            var seconds = settings.Medians([.. options.Select((setting, i) => (Action)(() =>
            {
                results[i]?.Dispose();
                results[i] = analyse(setting);
            }))]);
            return [.. results.Select((result, i) => new Measurement(seconds[i], result!.Batches, result.HasConverged, full?.Agreement(result)))];
        }
        finally
        {
            foreach (var result in results)
                result?.Dispose();
        }
    }

    private sealed record Measurement(double Seconds, int Batches, bool Converged, double? AgreementWithAllRows);
}
