using System.Diagnostics;
using Microsoft.ML.Data;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.DecisionTransformer;
using Microsoft.ML.Eva.Data.Trajectories;
using Microsoft.ML.Eva.MLNet;
using Microsoft.ML.Eva.Scoring;
using Microsoft.ML.Eva.Tensors;
using Microsoft.ML.Eva.Training;
using Microsoft.ML.Eva.Training.Metrics;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Fitting;

/// <summary>What the estimator of policies does: from data views of episodes to a fitted policy.</summary>
internal sealed class PolicyFit(IHost host, PolicyOptions options)
{
    private const int DefaultContextSteps = 20;

    /// <summary>The columns that the options name.</summary>
    public PolicyColumns Columns { get; } = new()
    {
        Episode = options.EpisodeColumnName,
        Return = options.ReturnToGoColumnName ?? options.RewardColumnName,
        IsReward = options.ReturnToGoColumnName is null,
        State = options.StateColumnName,
        Action = options.ActionColumnName,
        Time = options.TimeColumnName,
        Prediction = options.PredictionColumnName,
    };

    /// <summary>The checkpoint's policy as it is.</summary>
    public PolicyTransformer Load()
    {
        using var channel = host.Start("Loading");
        var environment = (IHostEnvironmentInternal)((IHostEnvironment)host);
        var device = Devices.Choose(environment.GpuDeviceId, environment.FallbackToCpu, message => channel.Warning(message));
        using var unused = new Generator(0, device); // nothing of a checkpoint's network is drawn
        var network = CreateNetwork(default, unused, device);
        try
        {
            var settings = KeptSettings(network)
                ?? throw new InvalidDataException($"{network.Checkpoint.Name} has no {PolicySettings.FileName}, so nothing says how states are normalised and returns scaled. Write one into its folder, as docs/decision-making.md shows, or fine-tune it.");
            settings = settings with { ContextSteps = options.ContextSteps ?? settings.ContextSteps, ReturnScale = options.ReturnScale ?? settings.ReturnScale };
            return new PolicyTransformer(host, new PolicyNetwork(network, settings, device), Columns, options.SavedWeights, report: null);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>Trains on the episodes of <paramref name="trainSet"/> and keeps the weights of the epoch that is best on <paramref name="validationSet"/>.</summary>
    public PolicyTransformer Run(IDataView trainSet, IDataView? validationSet)
    {
        ArgumentNullException.ThrowIfNull(trainSet);
        using var channel = host.Start("Training");
        using var progress = new FitProgress(host, channel, options.Training.Progress);
        var environment = (IHostEnvironmentInternal)((IHostEnvironment)host);
        var device = Devices.Choose(environment.GpuDeviceId, environment.FallbackToCpu, progress.Warning);
        var clock = Stopwatch.StartNew();
        var seed = environment.Seed ?? Random.Shared.Next();
        using var initialization = new Generator(unchecked((ulong)seed), device);
        var all = TrajectoryReader.Read(trainSet, "training", Columns, host.CheckAlive);
        var (train, validation) = Split(all, validationSet, seed);
        var network = CreateNetwork(train.Columns, initialization, device);
        try
        {
            var settings = CreateSettings(network, train);
            Check(network, train, validation);
            if (settings.ContextSteps > train.LongestEpisode)
                progress.Info($"The context of {settings.ContextSteps} steps is longer than every episode; the longest has {train.LongestEpisode} steps.");
            using var loss = new ActionLoss();
            var task = CreateTask(network, loss, CreateSource(train, settings, device), validation is null ? null : CreateSource(validation, settings, device));
            var secondsLoad = clock.Elapsed.TotalSeconds;
            var (report, adapter) = FineTuning.Run(task, options.Method, progress.Cancelling(options.Training), initialization, seed, progress);
            adapter?.Dispose(); // policies are saved whole
            return new PolicyTransformer(host, new PolicyNetwork(network, settings, device), Columns, options.SavedWeights, report with { SecondsLoad = secondsLoad });
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>The input's shape with the actions added.</summary>
    /// <exception cref="ArgumentException">A column is missing.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        foreach (var name in Columns.Inputs().Where(name => !inputSchema.TryFindColumn(name, out _)))
            throw ModelInput.MissingColumn(name, inputSchema.Select(column => column.Name));
        var columns = inputSchema.ToDictionary(column => column.Name);
        columns[Columns.Prediction] = new SchemaShape.Column(Columns.Prediction, SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single, false);
        return new SchemaShape(columns.Values);
    }

    private FineTuningTask CreateTask(Network network, ActionLoss loss, TrajectoryBatchSource train, TrajectoryBatchSource? validation) => new()
    {
        Network = network,
        Train = train,
        Validation = validation,
        Loss = loss,
        CreateMetrics = () => [new ActionError()],
        HasTrainedHead = options is EvaLoraPolicyOptions,
    };

    // Episodes are kept apart as a whole: windows of one and the same episode would give each other away.
    private (TrajectorySet Train, TrajectorySet? Validation) Split(TrajectorySet all, IDataView? validationSet, int seed)
    {
        if (validationSet is not null)
            return (all, TrajectoryReader.Read(validationSet, "validation", Columns, host.CheckAlive));
        var fraction = options.Training.ValidationFraction;
        var apart = (int)Math.Round(all.EpisodeCount * fraction);
        if (fraction > 0 && (apart == 0 || apart == all.EpisodeCount))
            throw new ArgumentException($"{nameof(TrainingOptions.ValidationFraction)} {fraction} of {all.EpisodeCount} episodes leaves none for {(apart == 0 ? "validation" : "training")}.");
        if (apart == 0)
            return (all, null);
        var order = Enumerable.Range(0, all.EpisodeCount).ToArray();
        new Random(seed).Shuffle(order);
        return (all.Select([.. order[apart..].Order()]), all.Select([.. order[..apart].Order()]));
    }

    private Network CreateNetwork(StepColumns columns, Generator initialization, Device device)
    {
        var content = options switch
        {
            DecisionTransformerOptions fresh => NewDecisionTransformer.Create(columns, fresh, initialization, device),
            EvaLoraPolicyOptions { Checkpoint: { } checkpoint } => checkpoint.Acquire(device),
            _ => throw new UnreachableException(),
        };
        try
        {
            return NetworkFactory.CreatePolicy(content, options.Training.Dropout);
        }
        finally
        {
            content.Release(); // the network holds a reference of its own
        }
    }

    private PolicySettings CreateSettings(Network network, TrajectorySet train)
    {
        var kept = KeptSettings(network);
        var (mean, deviation) = kept is null ? train.StateStatistics() : (kept.StateMean, kept.StateDeviation);
        return new PolicySettings
        {
            ContextSteps = options.ContextSteps ?? kept?.ContextSteps ?? DefaultContextSteps,
            ReturnScale = options.ReturnScale ?? kept?.ReturnScale ?? (train.LargestReturn > 0 ? train.LargestReturn : 1),
            BestReturn = train.BestReturn,
            StateMean = mean,
            StateDeviation = deviation,
        };
    }

    private static PolicySettings? KeptSettings(Network network)
    {
        var (content, size) = (network.Checkpoint, ((DecisionTransformerBackbone)network.Backbone).Config.StateSize);
        if (!content.Files.TryGetValue(PolicySettings.FileName, out var json))
            return null;
        var kept = PolicySettings.Parse(json, content.Name);
        return kept.StateSize == size
            ? kept
            : throw new InvalidDataException($"{PolicySettings.FileName} of {content.Name} describes states of {kept.StateSize} numbers; its config.json gives {size}.");
    }

    private void Check(Network network, TrajectorySet train, TrajectorySet? validation)
    {
        var config = ((DecisionTransformerBackbone)network.Backbone).Config;
        foreach (var (steps, what) in new[] { (train, "training"), (validation, "validation") })
        {
            if (steps is null)
                continue;
            PolicyChecks.CheckSizes(steps.Columns, config, network.Checkpoint.Name, Columns);
            PolicyChecks.CheckTimes(steps, config, what);
            PolicyChecks.CheckActions(steps, config, what, Columns);
        }
    }

    private TrajectoryBatchSource CreateSource(TrajectorySet steps, PolicySettings settings, Device device)
    {
        var covering = (steps.StepCount + settings.ContextSteps - 1) / settings.ContextSteps;
        return new TrajectoryBatchSource(steps, settings, options.WindowsPerEpoch ?? Math.Max(steps.EpisodeCount, covering), device);
    }
}
