using System.Diagnostics;
using Microsoft.ML.Data;
using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Generation;
using Microsoft.ML.Eva.MLNet;
using Microsoft.ML.Eva.Persistence;
using Microsoft.ML.Eva.Scoring;
using Microsoft.ML.Eva.Tensors;
using Microsoft.ML.Eva.Training;
using Microsoft.ML.Eva.Training.Metrics;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Fitting;

/// <summary>Makes text generators: from data views by fine-tuning, or from a checkpoint as it is.</summary>
internal sealed class GenerationFit(IHost host, EvaLoraGenerationOptions options)
{
    /// <summary>Fine-tunes on the rows of <paramref name="trainSet"/> and keeps the weights of the epoch that is best on <paramref name="validationSet"/>.</summary>
    public EvaGenerationTransformer Run(IDataView trainSet, IDataView? validationSet)
    {
        ArgumentNullException.ThrowIfNull(trainSet);
        using var channel = host.Start("Training");
        using var progress = new FitProgress(host, channel, options.Training.Progress);
        var settings = (IHostEnvironmentInternal)((IHostEnvironment)host);
        var device = Devices.Choose(settings.GpuDeviceId, settings.FallbackToCpu, progress.Warning);
        var clock = Stopwatch.StartNew();
        var seed = settings.Seed ?? Random.Shared.Next();
        using var initialization = new Generator(unchecked((ulong)seed), device);
        var model = CreateModel(device);
        try
        {
            model.CheckRoom(options.Decoding);
            var train = Read(trainSet, "training", model, progress);
            var validation = validationSet is null ? null : Read(validationSet, "validation", model, progress);
            using var loss = new NextTokenLoss(options.LabelSmoothing);
            var task = CreateTask(model, train, validation, loss, seed);
            var secondsLoad = clock.Elapsed.TotalSeconds;
            var (report, adapter) = FineTuning.Run(task, options.Adapter, progress.Cancelling(options.Training), initialization, seed, progress);
            report = report with
            {
                SecondsLoad = secondsLoad,
                RowsWithoutLabel = train.WithoutCompletion,
                RowsAtLimit = train.Cut,
                Settings = RunSettings.OfModel(options, report.Settings),
                Environment = RunEnvironment.Describe(device),
            };
            return new EvaGenerationTransformer(host, CreateManifest(model), model, report, adapter);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>The checkpoint as it is, or with the adapter of a folder merged into it.</summary>
    public EvaGenerationTransformer Load(string? adapterFolder)
    {
        var settings = (IHostEnvironmentInternal)((IHostEnvironment)host);
        using var channel = host.Start("Loading");
        var device = Devices.Choose(settings.GpuDeviceId, settings.FallbackToCpu, message => channel.Warning(message));
        var model = CreateModel(device);
        try
        {
            model.CheckRoom(options.Decoding);
            return new EvaGenerationTransformer(host, CreateManifest(model), model, report: null, adapterFolder is null ? null : Merge(adapterFolder, model.Network));
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>The input's shape with the column of texts added.</summary>
    /// <exception cref="ArgumentException">A column is missing or has the wrong type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        foreach (var name in new[] { options.PromptColumnName, options.CompletionColumnName })
        {
            if (!inputSchema.TryFindColumn(name, out var column))
                throw RowInput.MissingColumn(name, inputSchema.Select(c => c.Name));
            if (column.Kind != SchemaShape.Column.VectorKind.Scalar || column.ItemType is not TextDataViewType)
                throw new ArgumentException($"Column '{name}' has type {column.GetTypeString()}, but must be {TextInput.Types}.");
        }
        return new TextColumn(options.OutputColumnName).AddTo(inputSchema);
    }

    private CausalModel CreateModel(Device device)
    {
        var checkpoint = options.Checkpoint.Acquire(device);
        try
        {
            return CausalModel.Create(NetworkFactory.CreateLanguageModel(checkpoint, options.Training.Dropout), device, options.Separator);
        }
        finally
        {
            checkpoint.Release(); // the network holds a reference of its own
        }
    }

    private CompletionRows Read(IDataView data, string what, CausalModel model, FitProgress progress)
    {
        var rows = new CompletionRows(model.Prompts, options.PromptColumnName, options.CompletionColumnName, Math.Min(options.MaxTokens, model.MaxTokens));
        rows.Read(data, what, host.CheckAlive);
        foreach (var warning in rows.Warnings(what))
            progress.Warning(warning);
        return rows;
    }

    private FineTuningTask CreateTask(CausalModel model, CompletionRows train, CompletionRows? validation, TaskLoss loss, int seed)
    {
        var split = validation is null ? RowSplit.Create(train.Count, options.Training.ValidationFraction, seed) : null;
        return new FineTuningTask
        {
            Network = model.Network,
            Train = train.CreateSource(model.Device, split?.Train),
            Validation = validation?.CreateSource(model.Device) ?? (split is { } rows ? train.CreateSource(model.Device, rows.Validation) : null),
            Loss = loss,
            CreateMetrics = () => [new Perplexity()],
        };
    }

    private static AdapterSnapshot? Merge(string folder, Network network)
    {
        var (method, _) = AdapterFolder.Read(folder, network);
        var snapshot = AdapterSnapshot.TryOf(network, method);
        AdapterMerger.Merge(network);
        return snapshot;
    }

    private GenerationManifest CreateManifest(CausalModel model) => new()
    {
        Checkpoint = model.Network.Checkpoint.Name,
        PromptColumn = options.PromptColumnName,
        OutputColumn = options.OutputColumnName,
        Separator = options.Separator,
        Decoding = options.Decoding,
        Weights = options.SavedWeights,
    };
}
