using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.MLNet;
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
/// <remarks>Dispose it to free its weights at once; otherwise they are freed when it is collected as garbage.</remarks>
public sealed class EvaTransformer : ITransformer, IDisposable
{
    internal const string LoaderSignature = "EvaTransformer";

    private readonly IHost _host;
    private readonly ModelManifest _manifest;
    private readonly Network _network;
    private readonly NetworkScorer _scorer;
    private readonly OutputColumns _outputs;
    private WeightFormat _savedWeights;
    private int _isDisposed;

    /// <summary>Takes ownership of the network, whose adapters must have been merged.</summary>
    internal EvaTransformer(IHostEnvironment environment, ModelManifest manifest, Network network, LabelClasses classes, ModelInput input, Device device, TrainingReport? report)
    {
        _host = environment.Register(LoaderSignature);
        (_manifest, _network, _savedWeights, Report) = (manifest, network, manifest.Weights, report);
        _scorer = new NetworkScorer(network, input, OutputKind.Classes, device);
        _outputs = new OutputColumns(manifest.ScoreColumn, manifest.PredictedLabelColumn, classes);
    }

    /// <summary>Gets what the training run did: ranks, losses, metrics, seconds. Null for models saved without it.</summary>
    public TrainingReport? Report { get; }

    /// <summary>Gets the names of the classes, in the order of the scores.</summary>
    public IReadOnlyList<string> Classes => _outputs.Classes.Names;

    /// <summary>Gets or sets the number format of the weights in the file when this model is saved. Scores of this object do not change.</summary>
    /// <value>Default: the trainer's <see cref="EvaLoraClassificationOptions.SavedWeights"/>; for a loaded model the format of its file.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is none of the formats.</exception>
    public WeightFormat SavedWeights
    {
        get => _savedWeights;
        set => _savedWeights = Enum.IsDefined(value) ? value : throw new ArgumentOutOfRangeException(nameof(value), value, $"Must be one of {string.Join(", ", Enum.GetNames<WeightFormat>())}.");
    }

    /// <inheritdoc/>
    bool ITransformer.IsRowToRowMapper => true;

    /// <summary>The input's schema with the predicted label and the score added.</summary>
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
        ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
        return new ScoringDataView(_host, input, GetOutputSchema(input.Schema), _scorer, _outputs);
    }

    /// <inheritdoc/>
    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
        return new ScoringRowMapper(_host, inputSchema, GetOutputSchema(inputSchema), _scorer, _outputs);
    }

    /// <summary>Frees the weights that only this model uses. A pass that is running in another thread must have ended.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            _scorer.Close();
            _network.Dispose();
        }
    }

    /// <inheritdoc/>
    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        ArgumentNullException.ThrowIfNull(ctx);
        ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
        ctx.CheckAtModel();
        ctx.SetVersionInfo(Version());
        var streams = new MLNetModelStreamWriter(ctx);
        ModelPackage.Write(streams, _manifest with { Weights = _savedWeights }, _network);
        streams.Write("labels.json", stream => LabelKeys.Write(stream, _outputs.Classes));
        if (Report is not null)
            // Seconds differ from run to run; without them the same seed gives the same file.
            streams.Write("report.json", (Report with { SecondsLoad = 0, SecondsEva = 0, SecondsTrain = 0 }).WriteJson);
    }

    internal static EvaTransformer Create(IHostEnvironment environment, ModelLoadContext context)
    {
        context.CheckAtModel(Version());
        var settings = (IHostEnvironmentInternal)environment;
        using var channel = environment.Start("Loading");
        var device = Devices.Choose(settings.GpuDeviceId, settings.FallbackToCpu, message => channel.Warning(message));
        var streams = new MLNetModelStreamReader(context);
        var (manifest, network) = ModelPackage.Read(streams, device);
        try
        {
            var input = SavedInput.Create(manifest, network);
            var classes = streams.Read("labels.json", LabelKeys.Read);
            if (classes.Count != manifest.Outputs)
                throw new InvalidDataException($"The model file names {classes.Count} classes for {manifest.Outputs} outputs.");
            var report = streams.Has("report.json") ? streams.Read("report.json", TrainingReport.ReadJson) : null;
            return new EvaTransformer(environment, manifest, network, classes, input, device, report);
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
