using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Eva;
using Microsoft.ML.Eva.Fitting;
using Microsoft.ML.Eva.MLNet;
using Microsoft.ML.Eva.MLNet.Targets;
using Microsoft.ML.Eva.Sweeps;
using Microsoft.ML.Eva.Tensors;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Eva;

/// <summary>
/// Tries combinations of a trainer's options and gives the best model. Made by
/// <c>mlContext.MulticlassClassification.Trainers.EvaLoraSweep</c> or <c>mlContext.Regression.Trainers.EvaLoraSweep</c>.
/// </summary>
/// <remarks>
/// <para>As an estimator it can stand in a pipeline where a trainer would; <see cref="Run"/> gives the table of the trials beside the model.</para>
/// <para>Results on the CPU depend on the seed, the rows and the options alone, not on <see cref="EvaLoraSweepOptions.ParallelTrials"/> or on interruptions. A trial equals
/// a fit of its own that is given the same components; a fit's own warm-up may stop a few mini-batches earlier (docs/sweeps.md has the figures).</para>
/// </remarks>
public sealed class EvaLoraSweep : IEstimator<EvaTransformer>
{
    private readonly IHost _host;
    private readonly EvaLoraSweepOptions _options;
    private readonly EvaLoraOptions _trainer;
    private readonly ModelFit _fit;

    internal EvaLoraSweep(IHostEnvironment environment, EvaLoraSweepOptions options, LearningTask task)
    {
        _host = environment.Register(nameof(EvaLoraSweep));
        _options = options.Snapshot(nameof(options));
        (_trainer, var modality) = SnapshotOf(_options.Trainer, task);
        Target target = task == LearningTask.Regression ? new NumberTarget(_trainer) : new ClassTarget(_trainer);
        _fit = new ModelFit(_host, _trainer, modality, target);
        // combinations out of range are told before anybody waits for data
        TrialList.Create(_options, _trainer.Adapter, _trainer.Training, ((IHostEnvironmentInternal)environment).Seed ?? 0);
    }

    /// <summary>Runs the sweep on the rows of <paramref name="input"/>, validated as the trainer's options say.</summary>
    /// <returns>The best trial's model.</returns>
    /// <inheritdoc cref="Run" path="/exception"/>
    public EvaTransformer Fit(IDataView input) => Run(input).Model;

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema) => _fit.GetOutputSchema(inputSchema);

    /// <summary>Runs the sweep.</summary>
    /// <param name="trainSet">The rows to train on.</param>
    /// <param name="validationSet">The rows to compare trials on; null: as the trainer's options say.</param>
    /// <returns>The best model and what became of every trial.</returns>
    /// <exception cref="ArgumentException">A column is missing or has the wrong type, there are no rows to validate on, the folder is another sweep's, or every trial failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled before the first trial was done; what was done stays in <see cref="EvaLoraSweepOptions.Folder"/>.</exception>
    public SweepResult Run(IDataView trainSet, IDataView? validationSet = null)
    {
        ArgumentNullException.ThrowIfNull(trainSet);
        using var channel = _host.Start("Sweep");
        using var progress = new FitProgress(_host, channel, listener: null);
        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(_options.CancellationToken, _trainer.Training.CancellationToken);
        var place = _fit.Open(trainSet, progress);
        using var initialization = place.CreateInitialization();
        using var network = _fit.CreateNetwork(place, _trainer.Training, initialization, progress);
        using var data = _fit.Read(place, network, trainSet, validationSet ?? _trainer.ValidationSet, progress);
        if (data.Validation is null)
            throw new ArgumentException($"There are no rows to compare trials on. Give {nameof(Run)} a validation set, or set {nameof(_trainer.ValidationSet)} or {nameof(TrainingOptions)}.{nameof(TrainingOptions.ValidationFraction)} of the {nameof(EvaLoraSweepOptions.Trainer)}.", nameof(validationSet));
        var trials = TrialList.Create(_options, _trainer.Adapter, _trainer.Training, place.Seed);
        using var warmUps = new SweepWarmUps(trials, network.Backbone.AdaptableLayers, adapters => WarmUp(network, data, place.Seed, adapters, progress, cancelled.Token));
        using var folder = new SweepFolder(_options.Folder, Fingerprint(trials, data, network, place.Seed));
        var runner = new TrialRunner(_host, _fit, place, data, warmUps, folder, cancelled.Token);
        var isHigherBetter = data.CreateMetrics()[0].IsHigherBetter;
        var run = new SweepRun(_host, _options, trials, runner, folder.Journal, new TrialOrder(isHigherBetter), progress.Info);
        run.Run();
        var (best, ranking) = (BestOf(run.Ranking), run.Ranking);
        if (!run.IsCancelled)
            folder.DeleteAllBut(best.Number);
        var chosen = trials.Single(trial => trial.Number == best.Number);
        return new SweepResult(runner.Complete(chosen, best, warmUps.Seconds), ranking, folder.Journal.History(), _trainer.With(chosen.Adapter, chosen.Training))
        {
            IsCancelled = run.IsCancelled,
            SecondsWarmUp = warmUps.Seconds,
            Seconds = place.Clock.Elapsed.TotalSeconds,
        };
    }

    private static (EvaLoraOptions Options, Modality Modality) SnapshotOf(EvaLoraOptions trainer, LearningTask task)
    {
        const string Parameter = "options";
        switch (trainer)
        {
            case EvaLoraTextOptions texts:
                var ofTexts = texts.Snapshot(Parameter, task);
                return (ofTexts, new TextModality(ofTexts));
            case EvaLoraImageOptions images:
                var ofImages = images.Snapshot(Parameter, task);
                return (ofImages, new ImageModality(ofImages));
            default:
                throw new NotSupportedException($"No sweep is known for {trainer.GetType().Name}.");
        }
    }

    private static SweepTrial BestOf(IReadOnlyList<SweepTrial> ranking)
    {
        var best = ranking[0];
        if (best.Error is not null)
            throw new ArgumentException($"All {ranking.Count} trials failed. Trial {best.Number}: {best.Error}");
        return best.Rungs > 0 ? best : throw new OperationCanceledException("The sweep was cancelled before its first trial was done.");
    }

    private EvaFindings WarmUp(Network network, FitData data, int seed, IReadOnlyList<(AdapterPlan Plan, EvaOptions Options)> adapters, FitProgress progress, CancellationToken cancellation)
    {
        var epoch = 0;
        var options = adapters[0].Options;
        var findings = new EvaAnalysis(options, seed) { Precision = _trainer.Training.Precision }.Analyse(network.Backbone, adapters, () => data.Train.TrainingBatches(options.BatchSize, seed, epoch++), cancellation);
        NativeHeap.Trim();
        if (cancellation.IsCancellationRequested)
        {
            // what a warm-up cut short has found is not what the trials' checkpoints began with
            findings.Dispose();
            cancellation.ThrowIfCancellationRequested();
        }
        progress.Info($"EVA looked at {findings.Batches} mini-batches of at most {options.BatchSize} rows for {adapters.Count} trials.");
        return findings;
    }

    // All that decides the sweep's result.
    private string Fingerprint(IReadOnlyList<TrialConfiguration> trials, FitData data, Network network, int seed)
    {
        var parts = JsonSerializer.Serialize(new
        {
            Seed = seed,
            Checkpoint = network.Checkpoint.Name,
            Loss = data.Loss.Description,
            Head = _trainer.Head.ToString(),
            _trainer.TakeOverHead,
            _options.HalvingFactor,
            _options.EarliestStop,
            Trials = trials.Select(trial => trial.Description),
            Train = data.Train.Fingerprint,
            Validation = data.Validation!.Source.Fingerprint,
        });
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(parts)))[..32];
    }
}
