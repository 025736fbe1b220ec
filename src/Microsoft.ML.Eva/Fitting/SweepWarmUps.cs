using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Eva;
using Microsoft.ML.Eva.Sweeps;

namespace Microsoft.ML.Eva.Fitting;

/// <summary>
/// EVA's findings for the trials of a sweep: one warm-up for all trials that differ in nothing but how ranks are given away, with as many
/// components as the largest of them may use. Made when a trial first needs it; safe for many threads.
/// </summary>
internal sealed class SweepWarmUps : IDisposable
{
    private static readonly JsonSerializerOptions Json = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    private readonly Dictionary<int, Lazy<EvaFindings>> _byTrial = [];

    /// <summary>Finds out which trials can share a warm-up.</summary>
    /// <param name="trials">All trials, also those that will not run: what one gets must not depend on which others have been run before.</param>
    /// <param name="layers">The network's layers.</param>
    /// <param name="analyse">Runs a warm-up for these adapters, with the first one's options.</param>
    /// <exception cref="ArgumentException">A trial's options name layers that the network does not have.</exception>
    public SweepWarmUps(IReadOnlyList<TrialConfiguration> trials, IReadOnlyList<AdaptableLayer> layers, Func<IReadOnlyList<(AdapterPlan Plan, EvaOptions Options)>, EvaFindings> analyse)
    {
        var adapters = trials.Where(trial => trial.Adapter.Start is EvaOptions)
            .Select(trial => (trial.Number, Options: (EvaOptions)trial.Adapter.Start!, Plan: AdapterPlan.Create(trial.Adapter, layers)));
        foreach (var group in adapters.GroupBy(adapter => Key(adapter.Options, adapter.Plan)))
        {
            (AdapterPlan, EvaOptions)[] members = [.. group.Select(adapter => (adapter.Plan, adapter.Options))];
            var findings = new Lazy<EvaFindings>(() => Timed(analyse, members));
            foreach (var adapter in group)
                _byTrial.Add(adapter.Number, findings);
        }
    }

    /// <summary>The seconds of the warm-ups made so far.</summary>
    public double Seconds { get; private set; }

    /// <summary>The findings for a trial; null if it does not start from EVA's.</summary>
    public EvaFindings? For(TrialConfiguration trial) => _byTrial.TryGetValue(trial.Number, out var findings) ? findings.Value : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var findings in _byTrial.Values.Distinct().Where(findings => findings.IsValueCreated))
            findings.Value.Dispose();
    }

    private EvaFindings Timed(Func<IReadOnlyList<(AdapterPlan Plan, EvaOptions Options)>, EvaFindings> analyse, (AdapterPlan, EvaOptions)[] members)
    {
        lock (_byTrial)
        {
            var clock = Stopwatch.StartNew();
            var findings = analyse(members);
            Seconds += clock.Elapsed.TotalSeconds;
            return findings;
        }
    }

    // What decides the components, and not only how ranks and A follow from them.
    private static string Key(EvaOptions options, AdapterPlan plan)
    {
        var (key, standard) = ((EvaOptions)options.Clone(), new EvaOptions());
        (key.Rho, key.RedistributesRanks, key.RankCriterion, key.MinimumRank, key.SharesRankLimit, key.FailIfLayerTooNarrow) =
            (standard.Rho, standard.RedistributesRanks, standard.RankCriterion, standard.MinimumRank, standard.SharesRankLimit, standard.FailIfLayerTooNarrow);
        (key.AlphaAdjustment, key.Whitening, key.KeptComponents, key.Ablation) =
            (standard.AlphaAdjustment, standard.Whitening, standard.KeptComponents, standard.Ablation);
        return string.Join('\n', plan.Layers.Select(planned => planned.Layer.Name).Prepend(JsonSerializer.Serialize(key, Json)));
    }
}
