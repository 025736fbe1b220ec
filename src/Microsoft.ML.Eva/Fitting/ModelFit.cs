using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.MLNet;
using Microsoft.ML.Eva.MLNet.Targets;
using Microsoft.ML.Eva.Persistence;
using Microsoft.ML.Eva.Scoring;
using Microsoft.ML.Eva.Tensors;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Fitting;

/// <summary>What the estimators do, whatever their rows are made of and whatever is learned from them: from data views to a fitted model.</summary>
internal sealed class ModelFit(IHost host, EvaLoraOptions options, Modality modality, Target target)
{
    /// <summary>Fine-tunes on the rows of <paramref name="trainSet"/> and keeps the weights of the epoch that is best on <paramref name="validationSet"/>.</summary>
    public EvaTransformer Run(IDataView trainSet, IDataView? validationSet)
    {
        ArgumentNullException.ThrowIfNull(trainSet);
        using var channel = host.Start("Training");
        using var progress = new FitProgress(host, channel, options.Training.Progress);
        var place = Open(trainSet, progress);
        using var initialization = place.CreateInitialization();
        var network = CreateNetwork(place, options.Training, initialization, progress);
        try
        {
            using var data = Read(place, network, trainSet, validationSet, progress);
            var result = FineTuning.Run(data.CreateTask(network), options.Adapter, progress.Cancelling(options.Training), initialization, place.Seed, progress);
            return Complete(place, data, network, result);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>Finds out where to compute, and what the label says about the outputs.</summary>
    public FitPlace Open(IDataView trainSet, FitProgress progress)
    {
        var settings = (IHostEnvironmentInternal)((IHostEnvironment)host);
        var device = Devices.Choose(settings.GpuDeviceId, settings.FallbackToCpu, progress.Warning);
        var label = trainSet.Schema.GetColumnOrNull(options.LabelColumnName) ?? throw ModelInput.MissingColumn(options.LabelColumnName, trainSet.Schema.Select(c => c.Name));
        return new FitPlace(device, settings.Seed ?? Random.Shared.Next(), target.CreateColumns(label));
    }

    /// <summary>Reads all rows, for networks like <paramref name="network"/>. The caller disposes what was read.</summary>
    public FitData Read(FitPlace place, Network network, IDataView trainSet, IDataView? validationSet, FitProgress progress)
    {
        var input = modality.CreateInput(network, progress);
        var train = Read(trainSet, "training", options.ExampleWeightColumnName, input, place.Outputs, progress);
        var validation = validationSet is null ? null : Read(validationSet, "validation", null, input, place.Outputs, progress);
        var scale = target.ChooseScale(network, train.Labels, validation?.Labels);
        var (trainRows, validationRows) = CreateSources((train, trainSet), validation is null ? null : (validation, validationSet!), place.Device, place.Seed);
        return new FitData(input, train, trainRows, validationRows, target.CreateLoss(place.Outputs, train.Labels, place.Device))
        {
            CreateMetrics = target.CreateMetrics,
            LabelScale = scale,
            HasTrainedHead = options.TakeOverHead || network.Checkpoint.Trained is not null,
            CollectsFindings = target.Task == LearningTask.Classification,
            Whitening = modality.Whitening,
            MergesAdapter = options.MergesAdapter,
            SecondsLoad = place.Clock.Elapsed.TotalSeconds,
        };
    }

    /// <summary>A network with a new head, or that of the checkpoint where it is taken over or trained on. The caller owns it.</summary>
    public Network CreateNetwork(FitPlace place, TrainingOptions training, Generator initialization, FitProgress progress)
    {
        var checkpoint = options.Checkpoint.Acquire(place.Device);
        try
        {
            if (checkpoint.Trained is { } trained)
                return NetworkFactory.Create(checkpoint, trained.Kind, place.Outputs.Count, initialization, takeOverHead: true, training.Dropout, HeadContinuation.Rows(trained, checkpoint.Name, options.Head, target, place.Outputs, progress));
            var network = NetworkFactory.Create(checkpoint, options.Head, place.Outputs.Count, initialization, options.TakeOverHead, training.Dropout);
            if (options.TakeOverHead)
                TakeOverHead(network, place.Outputs);
            return network;
        }
        finally
        {
            checkpoint.Release(); // the network holds a reference of its own
        }
    }

    /// <summary>The model of a network that has been fine-tuned and now belongs to it.</summary>
    public EvaTransformer Complete(FitPlace place, FitData data, Network network, FineTuningResult result)
    {
        // Training knows classes as numbers and rows by their place in a set; a person wants their names and places in the data.
        var hard = result.Report.HardRows.Select(row => row with { Row = data.Validation!.Position((int)row.Row) }).ToList();
        var texts = data.Validation is null ? null : modality.ReadTexts(data.Validation.Data, hard.Select(row => row.Row).ToHashSet(), data.Input);
        var report = result.Report with
        {
            SecondsLoad = data.SecondsLoad,
            RowsWithoutLabel = data.Rows.WithoutLabel,
            RowsAtLimit = data.Rows.AtLimit,
            RowsUnreadable = data.Rows.Unreadable,
            Classes = place.Outputs.Classes?.Names ?? [],
            HardRows = [.. hard.Select(row => row with { Text = texts?.GetValueOrDefault(row.Row) })],
            Settings = RunSettings.OfModel(options, result.Report.Settings),
            Environment = RunEnvironment.Describe(place.Device),
        };
        return new EvaTransformer(host, CreateManifest(options, modality, target, network, place.Outputs, data.Input), network, place.Outputs, data.Input, place.Device, report, result.Adapter);
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
    private (IBatchSource Train, ValidationRows? Validation) CreateSources((LabeledRows Rows, IDataView Data) training, (LabeledRows Rows, IDataView Data)? validation, Device device, int seed)
    {
        var train = training.Rows;
        if (validation is ({ } rows, { } data))
            return (train.CreateSource(device, isTraining: true), new ValidationRows(rows.CreateSource(device, isTraining: false), data, row => rows.Positions[row]));
        return RowSplit.Create(train.Count, options.Training.ValidationFraction, seed) is { } split
            ? (train.CreateSource(device, isTraining: true, split.Train), new ValidationRows(train.CreateSource(device, isTraining: false, split.Validation), training.Data, row => train.Positions[split.Validation[row]]))
            : (train.CreateSource(device, isTraining: true), null);
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
        Head = network.Checkpoint.Trained?.Kind ?? options.Head,
        Outputs = outputs.Count,
        Files = [],
        Weights = options.SavedWeights,
    }, input);
}
