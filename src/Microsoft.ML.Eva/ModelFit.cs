using System.Diagnostics;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.MLNet;
using Microsoft.ML.Eva.MLNet.Targets;
using Microsoft.ML.Eva.Persistence;
using Microsoft.ML.Eva.Scoring;
using Microsoft.ML.Eva.Tensors;
using Microsoft.ML.Eva.Training;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva;

/// <summary>What the estimators do, whatever their rows are made of and whatever is learned from them: from data views to a fitted model.</summary>
internal sealed class ModelFit(IHost host, EvaLoraOptions options, Modality modality, Target target)
{
    /// <summary>Fine-tunes on the rows of <paramref name="trainSet"/> and keeps the weights of the epoch that is best on <paramref name="validationSet"/>.</summary>
    public EvaTransformer Run(IDataView trainSet, IDataView? validationSet)
    {
        ArgumentNullException.ThrowIfNull(trainSet);
        using var channel = host.Start("Training");
        using var progress = new FitProgress(host, channel, options.Training.Progress);
        var settings = (IHostEnvironmentInternal)((IHostEnvironment)host);
        var device = Devices.Choose(settings.GpuDeviceId, settings.FallbackToCpu, progress.Warning);
        var label = trainSet.Schema.GetColumnOrNull(options.LabelColumnName) ?? throw ModelInput.MissingColumn(options.LabelColumnName, trainSet.Schema.Select(c => c.Name));
        var outputs = target.CreateColumns(label);
        var clock = Stopwatch.StartNew();
        var seed = settings.Seed ?? Random.Shared.Next();
        using var initialization = new Generator(unchecked((ulong)seed), device);
        var network = CreateNetwork(outputs, device, initialization);
        try
        {
            var input = modality.CreateInput(network, progress);
            var train = Read(trainSet, "training", options.ExampleWeightColumnName, input, outputs, progress);
            var validation = validationSet is null ? null : Read(validationSet, "validation", null, input, outputs, progress);
            using var loss = target.CreateLoss(outputs, train.Labels, device);
            var task = CreateTask(network, train, validation, loss, device, seed);
            var secondsLoad = clock.Elapsed.TotalSeconds;
            var (report, adapter) = FineTuning.Run(task, options.Adapter, options.Training, initialization, seed, progress);
            report = report with { SecondsLoad = secondsLoad, RowsWithoutLabel = train.WithoutLabel, RowsAtLimit = train.AtLimit, RowsUnreadable = train.Unreadable };
            return new EvaTransformer(host, CreateManifest(options, modality, target, network, outputs, input), network, outputs, input, device, report, adapter);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>The input's shape with the model's columns added.</summary>
    /// <exception cref="ArgumentException">A column is missing or has the wrong type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        foreach (var column in modality.ColumnNames.Select(name => Find(inputSchema, name)))
            if (!modality.Accepts(column))
                throw new ArgumentException($"Column '{column.Name}' has type {column.GetTypeString()}, but must be {modality.AcceptedTypes}.");
        if (options.ExampleWeightColumnName is { } weight && Find(inputSchema, weight) is var weightColumn && (weightColumn.Kind != SchemaShape.Column.VectorKind.Scalar || weightColumn.IsKey || !NumberReader.Accepts(weightColumn.ItemType)))
            throw NumberReader.NoNumber("Weight column", weight, weightColumn.GetTypeString());
        return target.AddColumns(inputSchema, Find(inputSchema, options.LabelColumnName));
    }

    private static SchemaShape.Column Find(SchemaShape schema, string name) =>
        schema.TryFindColumn(name, out var column) ? column : throw ModelInput.MissingColumn(name, schema.Select(c => c.Name));

    private FineTuningTask CreateTask(Network network, LabeledRows train, LabeledRows? validation, TaskLoss loss, Device device, int seed)
    {
        var scale = target.ChooseScale(network, train.Labels, validation?.Labels);
        var (trainRows, validationRows) = CreateSources(train, validation, device, seed);
        return new FineTuningTask
        {
            Network = network,
            Train = trainRows,
            Validation = validationRows,
            Loss = loss,
            CreateMetrics = target.CreateMetrics,
            LabelScale = scale,
            HasTrainedHead = options.TakeOverHead,
        };
    }

    private Network CreateNetwork(OutputColumns outputs, Device device, Generator initialization)
    {
        var checkpoint = options.Checkpoint.Acquire(device);
        try
        {
            var network = NetworkFactory.Create(checkpoint, options.Head, outputs.Count, initialization, options.TakeOverHead, options.Training.Dropout);
            if (options.TakeOverHead)
                TakeOverHead(network, outputs);
            return network;
        }
        finally
        {
            checkpoint.Release(); // the network holds a reference of its own
        }
    }

    private void TakeOverHead(Network network, OutputColumns outputs)
    {
        try
        {
            target.FitTakenOverHead(network, outputs);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private LabeledRows Read(IDataView data, string what, string? weightColumn, ModelInput input, OutputColumns outputs, FitProgress progress)
    {
        var rows = modality.CreateRows(input, target.CreateCollector(outputs));
        rows.Read(data, what, options.LabelColumnName, weightColumn, host.CheckAlive);
        foreach (var warning in rows.Warnings(what))
            progress.Warning(warning);
        return rows;
    }

    // Without validation data of its own, a fraction of the training rows is set apart, the same for the same seed.
    private (IBatchSource Train, IBatchSource? Validation) CreateSources(LabeledRows train, LabeledRows? validation, Device device, int seed)
    {
        if (validation is not null)
            return (train.CreateSource(device, isTraining: true), validation.CreateSource(device, isTraining: false));
        var apart = (int)Math.Round(train.Count * options.Training.ValidationFraction);
        if (options.Training.ValidationFraction > 0 && (apart == 0 || apart == train.Count))
            throw new ArgumentException($"{nameof(TrainingOptions.ValidationFraction)} {options.Training.ValidationFraction} of {train.Count} rows leaves no row for {(apart == 0 ? "validation" : "training")}.");
        if (apart == 0)
            return (train.CreateSource(device, isTraining: true), null);
        var order = Enumerable.Range(0, train.Count).ToArray();
        new Random(seed).Shuffle(order);
        return (train.CreateSource(device, isTraining: true, order[apart..]), train.CreateSource(device, isTraining: false, order[..apart]));
    }

    /// <summary>What a saved model of these options says of itself.</summary>
    public static ModelManifest CreateManifest(EvaLoraOptions options, Modality modality, Target target, Network network, OutputColumns outputs, ModelInput input) => modality.Describe(new()
    {
        Task = ModelTasks.Name(modality.Name, target.Task),
        Checkpoint = network.Checkpoint.Name,
        InputColumns = input.ColumnNames,
        ScoreColumn = outputs.ScoreName,
        PredictedLabelColumn = outputs.PredictedLabelName,
        Threshold = outputs.Threshold,
        Head = options.Head,
        Outputs = outputs.Count,
        Files = [],
        Weights = options.SavedWeights,
    }, input);
}
