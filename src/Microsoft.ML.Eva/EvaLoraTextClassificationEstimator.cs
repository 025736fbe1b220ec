using System.Diagnostics;
using Microsoft.ML.Data;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Data.Tokenization;
using Microsoft.ML.Eva.MLNet;
using Microsoft.ML.Eva.Persistence;
using Microsoft.ML.Eva.Scoring;
using Microsoft.ML.Eva.Tensors;
using Microsoft.ML.Eva.Training;
using Microsoft.ML.Eva.Training.Metrics;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva;

/// <summary>
/// Fine-tunes a pretrained transformer to classify texts or pairs of texts. Made by
/// <c>mlContext.MulticlassClassification.Trainers.EvaLora</c>.
/// </summary>
/// <remarks>
/// <para>Input and output columns:</para>
/// <list type="table">
/// <listheader><term>Column</term><description>Type</description></listheader>
/// <item><term>Label</term><description>key with key values; rows with a missing label are left out and counted in a warning</description></item>
/// <item><term>Sentence1, Sentence2</term><description>text; a missing one is an empty text</description></item>
/// <item><term>PredictedLabel (added)</term><description>key with the label's values</description></item>
/// <item><term>Score (added)</term><description>vector of probabilities with slot names</description></item>
/// </list>
/// <para>Trainer characteristics: multiclass classification; needs no normalisation or caching (rows are read once); runs on CPU or
/// CUDA (<c>MLContext.GpuDeviceId</c>); beside Microsoft.ML it needs one of TorchSharp's backend packages; results on the CPU are the same for the same seed.</para>
/// <para><see cref="Fit(IDataView)"/> changes nothing in the estimator: fitting twice gives the same model twice.</para>
/// </remarks>
public sealed class EvaLoraTextClassificationEstimator : IEstimator<EvaTransformer>
{
    private readonly IHost _host;
    private readonly EvaLoraTextOptions _options;

    internal EvaLoraTextClassificationEstimator(IHostEnvironment environment, EvaLoraTextOptions options)
    {
        _options = options.Snapshot(nameof(options));
        _host = environment.Register(nameof(EvaLoraTextClassificationEstimator));
    }

    /// <summary>Fine-tunes on the rows of <paramref name="input"/>.</summary>
    /// <returns>The fitted model, with its adapters merged.</returns>
    /// <exception cref="ArgumentException">A column is missing or has the wrong type, or no row has a label.</exception>
    public EvaTransformer Fit(IDataView input) => Fit(input, _options.ValidationSet);

    /// <summary>Fine-tunes on the rows of <paramref name="trainSet"/> and keeps the weights of the epoch that is best on <paramref name="validationSet"/>.</summary>
    /// <inheritdoc cref="Fit(IDataView)"/>
    public EvaTransformer Fit(IDataView trainSet, IDataView? validationSet)
    {
        ArgumentNullException.ThrowIfNull(trainSet);
        using var channel = _host.Start("Training");
        using var progress = new FitProgress(_host, channel, _options.Training.Progress);
        var settings = (IHostEnvironmentInternal)((IHostEnvironment)_host);
        var device = Devices.Choose(settings.GpuDeviceId, settings.FallbackToCpu, message => channel.Warning(message));
        var label = trainSet.Schema.GetColumnOrNull(_options.LabelColumnName) ?? throw ModelInput.MissingColumn(_options.LabelColumnName, trainSet.Schema.Select(c => c.Name));
        var classes = LabelKeys.Read(label);
        var clock = Stopwatch.StartNew();
        var seed = settings.Seed ?? Random.Shared.Next();
        using var initialization = new Generator(unchecked((ulong)seed), device);
        var network = CreateNetwork(classes, device, initialization);
        try
        {
            var input = CreateInput(_options, network, channel);
            var train = LabeledTexts.Read(trainSet, "training", input, _options.LabelColumnName, classes, _host.CheckAlive);
            var validation = validationSet is null ? null : LabeledTexts.Read(validationSet, "validation", input, _options.LabelColumnName, classes, _host.CheckAlive);
            Warn(channel, train, "training", input.MaxTokens);
            if (validation is not null)
                Warn(channel, validation, "validation", input.MaxTokens);
            var (trainRows, validationRows) = CreateSources(train, validation, input, device, seed);
            var task = new FineTuningTask
            {
                Network = network,
                Train = trainRows,
                Validation = validationRows,
                Loss = new CrossEntropyLoss(),
                CreateMetric = ClassificationMetric.Accuracy,
            };
            var secondsLoad = clock.Elapsed.TotalSeconds;
            var (report, adapter) = FineTuning.Run(task, _options.Adapter, _options.Training, initialization, seed, progress);
            report = report with { SecondsLoad = secondsLoad, RowsWithoutLabel = train.WithoutLabel, RowsAtLimit = train.AtLimit };
            return new EvaTransformer(_host, CreateManifest(_options, network, classes, input), network, classes, input.Tokenizer, device, report, adapter);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        var names = inputSchema.Select(column => column.Name).ToList();
        foreach (var name in new[] { _options.Sentence1ColumnName, _options.Sentence2ColumnName }.OfType<string>())
        {
            if (!inputSchema.TryFindColumn(name, out var text))
                throw ModelInput.MissingColumn(name, names);
            if (text.ItemType is not TextDataViewType || text.Kind != SchemaShape.Column.VectorKind.Scalar)
                throw new ArgumentException($"Column '{name}' has type {text.GetTypeString()}, but must be text.");
        }
        if (!inputSchema.TryFindColumn(_options.LabelColumnName, out var label))
            throw ModelInput.MissingColumn(_options.LabelColumnName, names);
        if (!label.IsKey || label.Kind != SchemaShape.Column.VectorKind.Scalar)
            throw LabelKeys.NoKey(label.Name, label.GetTypeString());
        return OutputSchema.AddClassification(inputSchema, label, _options.ScoreColumnName, _options.PredictionColumnName);
    }

    private Network CreateNetwork(LabelClasses classes, Device device, Generator initialization)
    {
        var checkpoint = _options.Checkpoint.Acquire(device);
        try
        {
            var network = NetworkFactory.Create(checkpoint, _options.Head, classes.Count, initialization, _options.TakeOverHead, _options.Training.Dropout);
            if (_options.TakeOverHead)
                TakeOverHead(network, classes);
            return network;
        }
        finally
        {
            checkpoint.Release(); // the network holds a reference of its own
        }
    }

    private static void TakeOverHead(Network network, LabelClasses classes)
    {
        try
        {
            HeadTakeover.Apply(network, classes.Names);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    internal static TextInput CreateInput(EvaLoraTextOptions options, Network network, IChannel? channel = null)
    {
        var checkpoint = network.Checkpoint;
        var mostTokens = network.Backbone.MaxTokens
            ?? throw new ArgumentException($"The checkpoint {checkpoint.Name} is a network for pictures, not for texts.", nameof(EvaLoraTextOptions.Checkpoint));
        var tokenizer = TokenizerFactory.Create(checkpoint.ModelType, checkpoint.Config, checkpoint.Files, checkpoint.Name);
        // Published models pad their tables to a multiple of up to 128; more than that looks like another model's tokenizer.
        if (NetworkFactory.CheckVocabulary(checkpoint, tokenizer) is > 0 and var unused)
        {
            var message = $"The tokenizer of {checkpoint.Name} has {tokenizer.VocabularySize} tokens, {unused} fewer than the table of embeddings (vocab_size).";
            if (unused > 128)
                channel?.Warning($"{message} Do they belong together?");
            else
                channel?.Info(message);
        }
        return new TextInput(tokenizer, options.Sentence1ColumnName, options.Sentence2ColumnName, Math.Min(options.MaxTokens, mostTokens));
    }

    // Without validation data of its own, a fraction of the training rows is set apart, the same for the same seed.
    private (IBatchSource Train, IBatchSource? Validation) CreateSources(LabeledTexts train, LabeledTexts? validation, TextInput input, Device device, int seed)
    {
        if (validation is not null)
            return (new TextBatchSource(train.Texts, input.Padding, device, train.Labels), new TextBatchSource(validation.Texts, input.Padding, device, validation.Labels));
        var apart = (int)Math.Round(train.Texts.Count * _options.Training.ValidationFraction);
        if (_options.Training.ValidationFraction > 0 && (apart == 0 || apart == train.Texts.Count))
            throw new ArgumentException($"{nameof(TrainingOptions.ValidationFraction)} {_options.Training.ValidationFraction} of {train.Texts.Count} rows leaves no row for {(apart == 0 ? "validation" : "training")}.");
        if (apart == 0)
            return (new TextBatchSource(train.Texts, input.Padding, device, train.Labels), null);
        var order = Enumerable.Range(0, train.Texts.Count).ToArray();
        new Random(seed).Shuffle(order);
        return (new TextBatchSource(train.Texts, input.Padding, device, train.Labels, subset: order[apart..]), new TextBatchSource(train.Texts, input.Padding, device, train.Labels, subset: order[..apart]));
    }

    private static void Warn(IChannel channel, LabeledTexts rows, string what, int maxTokens)
    {
        if (rows.WithoutLabel > 0)
            channel.Warning($"{rows.WithoutLabel} of {rows.WithoutLabel + rows.Texts.Count} {what} rows have no label that is one of the classes and were left out.");
        if (rows.AtLimit > 0)
            channel.Warning($"{rows.AtLimit} of {rows.Texts.Count} {what} rows fill all {maxTokens} tokens allowed (MaxTokens); what is longer was cut.");
    }

    internal static ModelManifest CreateManifest(EvaLoraTextOptions options, Network network, LabelClasses classes, TextInput input) => new()
    {
        Task = ModelTasks.TextClassification,
        Checkpoint = network.Checkpoint.Name,
        InputColumns = input.ColumnNames,
        ScoreColumn = options.ScoreColumnName,
        PredictedLabelColumn = options.PredictionColumnName,
        Head = options.Head,
        Outputs = classes.Count,
        MaxTokens = input.MaxTokens,
        Files = [],
        Weights = options.SavedWeights,
    };
}
