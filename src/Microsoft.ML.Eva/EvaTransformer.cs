using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Fitting;
using Microsoft.ML.Eva.MLNet;
using Microsoft.ML.Eva.MLNet.Targets;
using Microsoft.ML.Eva.Onnx;
using Microsoft.ML.Eva.Persistence;
using Microsoft.ML.Eva.Scoring;
using Microsoft.ML.Eva.Tensors;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

[assembly: LoadableClass(typeof(Microsoft.ML.Eva.EvaTransformer), null, typeof(SignatureLoadModel),
    "EVA fine-tuned transformer", Microsoft.ML.Eva.EvaTransformer.LoaderSignature)]

namespace Microsoft.ML.Eva;

/// <summary>
/// A fine-tuned network: scores texts or pictures, is saved and loaded with <c>mlContext.Model</c>. <see cref="Transform"/> scores rows in
/// batches and in their order; <c>PredictionEngine</c> scores one at a time; both give the same numbers. Safe for many threads at once.
/// </summary>
/// <remarks>Dispose it to free its weights at once; otherwise they are freed when it is collected as garbage. A <c>PredictionEngine</c> that is disposed disposes its model, unless it was made with <c>OwnsTransformer = false</c>.</remarks>
public sealed class EvaTransformer : ITransformer, IDisposable
{
    internal const string LoaderSignature = "EvaTransformer";

    private readonly IHost _host;
    private readonly ModelManifest _manifest;
    private readonly Network _network;
    private readonly NetworkScorer _scorer;
    private readonly OutputColumns _outputs;
    private WeightFormat _savedWeights;
    private readonly AdapterSnapshot? _adapter;
    private static long _count;

    private int _isDisposed;

    /// <summary>Takes ownership of the network, merged or not, and of what its adapters were before.</summary>
    internal EvaTransformer(IHostEnvironment environment, ModelManifest manifest, Network network, OutputColumns outputs, ModelInput input, Device device, TrainingReport? report, AdapterSnapshot? adapter = null)
    {
        _host = environment.Register(LoaderSignature);
        (_manifest, _network, _savedWeights, Report, _adapter) = (manifest, network, manifest.Weights, report, adapter);
        _scorer = new NetworkScorer(network, input, outputs.Kind, device) { Precision = manifest.Precision };
        _outputs = outputs;
    }

    /// <summary>Gets what the training run did: ranks, losses, metrics, seconds. Null for models saved without it.</summary>
    public TrainingReport? Report { get; }

    /// <summary>Gets the names of the classes, in the order of the scores; empty for a regression.</summary>
    public IReadOnlyList<string> Classes => _outputs.Classes?.Names ?? [];

    /// <summary>Gets or sets the number format of the weights in the file when this model is saved. Scores of this object do not change.</summary>
    /// <value>Default: the trainer's <see cref="EvaLoraOptions.SavedWeights"/>; for a loaded model the format of its file.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is none of the formats.</exception>
    public WeightFormat SavedWeights
    {
        get => _savedWeights;
        set => _savedWeights = Enum.IsDefined(value) ? value : throw new ArgumentOutOfRangeException(nameof(value), value, $"Must be one of {string.Join(", ", Enum.GetNames<WeightFormat>())}.");
    }

    /// <summary>
    /// Gets or sets in which numbers the network multiplies when it scores. <see cref="ComputePrecision.BFloat16"/> is up to 1.8 times as fast on processors
    /// and GPUs that can do it; a probability moves by up to a hundredth then, and depends that much on the rows it shares a batch with. It is saved with the model.
    /// </summary>
    /// <value>Default: <see cref="ComputePrecision.Float32"/>, however the model was trained; for a loaded model what it was saved with.</value>
    /// <remarks>Weights stay in 32 bits; their rounded copies, half their size, are made at the first scoring and kept.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The value is none of the precisions.</exception>
    public ComputePrecision Precision
    {
        get => _scorer.Precision;
        set => _scorer.Precision = Enum.IsDefined(value) ? value : throw new ArgumentOutOfRangeException(nameof(value), value, $"Must be one of {string.Join(", ", Enum.GetNames<ComputePrecision>())}.");
    }

    /// <summary>Tells this model from all others of the process.</summary>
    internal long Number { get; } = Interlocked.Increment(ref _count);

    /// <summary>What a checkpoint made from this model is called.</summary>
    internal string CheckpointName => CheckpointContent.TrainedName(_network.Checkpoint.Name);

    /// <summary>The model as something to start a training from.</summary>
    /// <exception cref="ObjectDisposedException">It has been disposed.</exception>
    internal CheckpointContent ToCheckpoint()
    {
        if (_isDisposed != 0)
            throw new ObjectDisposedException(nameof(EvaTransformer), $"The fitted model that a {nameof(Checkpoint)} was made from has been disposed; keep it until the new fit has begun.");
        return CheckpointContent.Of(_network, new TrainedHead(ModelTasks.Parse(_manifest.Task).Learning, _manifest.Head, Classes));
    }

    /// <inheritdoc/>
    bool ITransformer.IsRowToRowMapper => true;

    /// <summary>The input's schema with the score and, for classes, the predicted label added.</summary>
    /// <exception cref="ArgumentException">An input column is missing or has the wrong type.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        _scorer.Input.FindColumns(inputSchema);
        var builder = new DataViewSchema.Builder();
        builder.AddColumns(inputSchema);
        _outputs.AddTo(builder);
        return builder.ToSchema();
    }

    /// <summary>Scores the rows of a data view in batches, when they are read.</summary>
    /// <inheritdoc cref="GetOutputSchema" path="/exception"/>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        DisposedModel.ThrowIf(_isDisposed != 0, nameof(EvaTransformer));
        return new ScoringDataView<float[]>(_host, input, GetOutputSchema(input.Schema), _scorer, _outputs);
    }

    /// <inheritdoc/>
    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        DisposedModel.ThrowIf(_isDisposed != 0, nameof(EvaTransformer));
        return new ScoringRowMapper<float[]>(_host, inputSchema, GetOutputSchema(inputSchema), _scorer, _outputs);
    }

    /// <summary>Frees the weights that only this model uses. A pass that is running in another thread must have ended.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            _scorer.Close();
            _network.Dispose();
            _adapter?.Dispose();
        }
    }

    /// <summary>
    /// A model from an adapter in PEFT's folder format, whoever wrote it, and the checkpoint it belongs to: for scoring
    /// without training, and for saving with <c>mlContext.Model.Save</c>.
    /// </summary>
    /// <param name="mlContext">The context, which chooses the device.</param>
    /// <param name="folder">The folder with <c>adapter_config.json</c>. It, or the checkpoint, must hold the head.</param>
    /// <param name="classes">The classes' names, in the order of the head's outputs.</param>
    /// <param name="options">Checkpoint, head, columns, <c>MaxTokens</c> and <see cref="EvaLoraOptions.MergesAdapter"/>; the rest is not used. Null: the defaults.</param>
    /// <returns>The model, with <see cref="Report"/> null.</returns>
    /// <exception cref="ArgumentException">There is no such folder, fewer than two classes, or an option is out of range.</exception>
    /// <exception cref="InvalidDataException">The folder is broken, holds no head, or does not fit the checkpoint; the message says where.</exception>
    public static EvaTransformer FromAdapter(MLContext mlContext, string folder, IReadOnlyList<string> classes, EvaLoraTextOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(mlContext);
        return AdapterModel.Create(mlContext, folder, classes, options ?? new EvaLoraTextOptions());
    }

    /// <summary>
    /// Writes what was learned as an adapter in PEFT's folder format, a small part of the whole model: <c>adapter_config.json</c>,
    /// <c>adapter_model.safetensors</c> and, where the head is none that transformers has (<see cref="HeadKind.Mean"/>,
    /// <see cref="HeadKind.Cls"/>), <c>head.safetensors</c> beside them. PEFT, <see cref="FromAdapter"/> and
    /// <see cref="AdapterFolderOptions"/> read it. Files of these names are replaced.
    /// </summary>
    /// <param name="folder">The folder; made if it is not there.</param>
    /// <exception cref="InvalidOperationException">
    /// There is no adapter to write: the model was loaded from a file, which has it merged, or trained in full, or started from a
    /// folder that changed weights outside of adapters.
    /// </exception>
    public void SaveAdapter(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        DisposedModel.ThrowIf(_isDisposed != 0, nameof(EvaTransformer));
        if (_adapter is null)
            throw new InvalidOperationException("This model has no adapter to write: models loaded from a file have it merged into their weights, and full fine-tuning has none. Save it before it is needed, right after Fit; the whole model can be saved with mlContext.Model.Save.");
        _adapter.Write(folder);
    }

    /// <summary>
    /// Writes the merged model for ONNX Runtime and other runtimes (opset 17, float32): <c>model.onnx</c>, the tokenizer's files or
    /// <c>preprocessor_config.json</c>, <c>config.json</c> and <c>inference.json</c>, which tells inputs, outputs, classes and <c>max_tokens</c>.
    /// The scores of <see cref="Transform"/> are the output <c>probabilities</c>, or <c>logits</c> of a regression. docs/onnx.md tells all.
    /// </summary>
    /// <param name="folder">The folder; made if it is not there. An earlier export in it is replaced when all new files are whole.</param>
    /// <exception cref="ArgumentException">The path is that of a file, or the folder holds files of these names that no export wrote.</exception>
    /// <exception cref="InvalidOperationException">The adapters were not merged; the message says what to do.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder is read-only.</exception>
    public void SaveOnnx(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        DisposedModel.ThrowIf(_isDisposed != 0, nameof(EvaTransformer));
        if (_network.Adapters.Any())
            throw new InvalidOperationException("This model's adapters are not merged (MergesAdapter was false), and a graph has no place for them. Save it with mlContext.Model.Save and load it: what is loaded is merged and can be exported.");
        _scorer.WhileOpen(() => new OnnxFolder(new ScoringContent(_network, _scorer.Input, new(_manifest.Task, _outputs.Kind, Classes, _outputs.Threshold))).Write(folder));
    }

    /// <inheritdoc/>
    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        ArgumentNullException.ThrowIfNull(ctx);
        DisposedModel.ThrowIf(_isDisposed != 0, nameof(EvaTransformer));
        ctx.CheckAtModel();
        ctx.SetVersionInfo(Version());
        var streams = new MLNetModelStreamWriter(ctx);
        ModelPackage.Write(streams, _manifest with { Weights = _savedWeights, Precision = _scorer.Precision }, _network);
        _outputs.Write(streams);
        if (Report is not null)
            // Seconds and machines differ from run to run; without them the same seed gives the same file.
            streams.Write("report.json", (Report with { SecondsLoad = 0, SecondsEva = 0, SecondsTrain = 0, Environment = new Dictionary<string, string>() }).WriteJson);
    }

    internal static EvaTransformer Create(IHostEnvironment environment, ModelLoadContext context)
    {
        context.CheckAtModel(Version());
        var settings = (IHostEnvironmentInternal)environment;
        using var channel = environment.Start("Loading");
        NativeTorch.BeginLoading();
        var device = new Lazy<Device>(() => Devices.Choose(settings.GpuDeviceId, settings.FallbackToCpu, message => channel.Warning(message)));
        var streams = new MLNetModelStreamReader(context);
        var manifest = ModelPackage.ReadManifest(streams);
        var outputs = OutputColumns.Read(manifest, streams);
        var report = streams.Has("report.json") ? streams.Read("report.json", TrainingReport.ReadJson) : null;
        var network = ModelPackage.ReadNetwork(streams, manifest, device);
        try
        {
            var input = SavedInput.Create(manifest, network);
            return new EvaTransformer(environment, manifest, network, outputs, input, device.Value, report);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private static VersionInfo Version() => new(
        modelSignature: "EVATRNSF",
        verWrittenCur: 0x00010001,
        verReadableCur: 0x00010001,
        verWeCanReadBack: 0x00010001,
        loaderSignature: LoaderSignature,
        loaderAssemblyName: typeof(EvaTransformer).Assembly.FullName!);
}
