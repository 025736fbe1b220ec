using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Eva;

/// <summary>Feeds mini-batches through a network until the principal components of every planned layer's input are stable.</summary>
/// <param name="options">Valid options, which are not changed.</param>
/// <param name="seed">From which everything random follows: nothing with the default options on the CPU.</param>
internal sealed class EvaAnalysis(EvaOptions options, int seed)
{
    /// <summary>Whether the adapters scale by alpha/√rank (rank-stabilised LoRA) instead of alpha/rank.</summary>
    public bool IsRankStabilized { get; init; }

    /// <summary>Gives the tokens to look at [batch, tokens], a fresh tensor, or null for all rows of all inputs. Default: those that the options do not exclude.</summary>
    public Func<Batch, Tensor?> Mask { get; init; } = batch => TokenSelection.Mask(batch, options);

    /// <summary>In which numbers the network multiplies; the decompositions are in 32 bits and more either way.</summary>
    public ComputePrecision Precision { get; init; }

    /// <summary>Is told about every mini-batch when it is done.</summary>
    public Action<EvaPass>? Progress { get; init; }

    /// <summary>Runs the warm-up with its defaults.</summary>
    public static EvaResult Run(Backbone backbone, AdapterPlan plan, EvaOptions options, Func<IEnumerable<Batch>> batches, int seed, CancellationToken cancellation = default) =>
        new EvaAnalysis(options, seed).Run(backbone, plan, batches, cancellation);

    /// <summary>Runs the warm-up. The network is as before afterwards, whatever happens.</summary>
    /// <param name="backbone">The frozen network; adapters in its seats are left out of the computation.</param>
    /// <param name="plan">The layers to analyse, with the ranks that make up the budget.</param>
    /// <param name="batches">The mini-batches, of which this method becomes the owner; called again whenever they end.</param>
    /// <param name="cancellation">Ends the warm-up with the best estimate so far, if every layer has one.</param>
    /// <exception cref="ArgumentException">There are no batches, or the plan does not fit them.</exception>
    /// <exception cref="InvalidDataException">Activations are not finite, or components did not become stable where the options ask for it.</exception>
    /// <exception cref="OperationCanceledException">Cancelled before every layer had components.</exception>
    public EvaResult Run(Backbone backbone, AdapterPlan plan, Func<IEnumerable<Batch>> batches, CancellationToken cancellation = default)
    {
        using var findings = Analyse(backbone, [(plan, options)], batches, cancellation);
        return findings.Distribute(plan, options, seed, IsRankStabilized);
    }

    /// <summary>
    /// Runs one warm-up for several adapters: as many components as the largest of them may use, until those that any of them uses
    /// are stable. The network is as before afterwards, whatever happens.
    /// </summary>
    /// <param name="backbone">The frozen network; adapters in its seats are left out of the computation.</param>
    /// <param name="adapters">Plans over the same layers, each with the options by which its ranks are given away.</param>
    /// <param name="batches">The mini-batches, of which this method becomes the owner; called again whenever they end.</param>
    /// <param name="cancellation">Ends the warm-up with the best estimate so far, if every layer has one.</param>
    /// <returns>What was found; the caller disposes it.</returns>
    /// <inheritdoc cref="Run(Backbone, AdapterPlan, Func{IEnumerable{Batch}}, CancellationToken)" path="/exception"/>
    public EvaFindings Analyse(Backbone backbone, IReadOnlyList<(AdapterPlan Plan, EvaOptions Options)> adapters, Func<IEnumerable<Batch>> batches, CancellationToken cancellation = default)
    {
        using var gradient = no_grad();
        using var source = new BatchLoop(batches);
        var first = source.Next();
        using var warmUp = Begin(backbone, adapters, first);
        for (var batch = first; ; batch = source.Next())
        {
            using (batch)
            using (var mask = Mask(batch))
            using (var selection = new TokenSelection(mask))
                warmUp.Pass(backbone, batch, selection, ForwardMode.EvaluationIn(Precision));
            Progress?.Invoke(warmUp.Passes[^1]);
            if (warmUp.HasConverged || warmUp.Passes.Count >= options.MaxBatches || cancellation.IsCancellationRequested)
                break;
        }
        warmUp.Refine();
        RequireAnswer(warmUp, adapters[0].Plan, cancellation);
        return warmUp.Conclude();
    }

    private WarmUp Begin(Backbone backbone, IReadOnlyList<(AdapterPlan Plan, EvaOptions Options)> adapters, Batch first)
    {
        try
        {
            var plan = adapters[0].Plan;
            if (plan.Layers.Count == 0 || plan.Layers.DistinctBy(planned => planned.Layer.Name).Count() < plan.Layers.Count)
                throw new ArgumentException("The plan must name at least one layer, and each only once.", nameof(adapters));
            var inputs = SharedInputs.Find(backbone, plan, first, Mask, options.SharesEqualInputs);
            return new WarmUp(plan, options, inputs, [.. adapters.Select(adapter => new RankDemand(adapter.Plan, adapter.Options, inputs.Owners))], CreateDecomposition);
        }
        catch
        {
            first.Dispose();
            throw;
        }
    }

    private RunningDecomposition CreateDecomposition(int componentCount) => options.Solver switch
    {
        EvaSolver.IncrementalLowRank => new IncrementalPca(componentCount, options.Centered, new RandomizedSvd(PeftSeed)),
        EvaSolver.Incremental => new IncrementalPca(componentCount, options.Centered),
        _ => new ExactPca(componentCount, options.Centered, seed),
    };

    private void RequireAnswer(WarmUp warmUp, AdapterPlan plan, CancellationToken cancellation)
    {
        if (!warmUp.HasComponents)
        {
            cancellation.ThrowIfCancellationRequested();
            var names = warmUp.Groups.Where(group => group.Components is null).Select(group => $"{plan.Layers[group.Members[0]].Layer.Name} ({group.ComponentCount} components)");
            throw new ArgumentException($"{warmUp.Passes.Count} mini-batches have too few tokens for {string.Join(", ", names)}. Larger mini-batches, a smaller rank or rho, or joining short mini-batches would do.", nameof(options));
        }
        if (options.FailIfNotConverged && !warmUp.HasConverged)
            throw new InvalidDataException($"After {warmUp.Passes.Count} mini-batches {plan.Layers.Count - warmUp.Passes[^1].StableLayers} of {plan.Layers.Count} layers have components that still move by more than tau {options.Tau} allows.");
    }

    // PEFT fixes it, so that processes of a distributed run agree.
    private const int PeftSeed = 42;
}
