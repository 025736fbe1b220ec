using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Eva.Data.Trajectories;
using Microsoft.ML.Eva.Fitting;
using Microsoft.ML.Eva.MLNet;
using Microsoft.ML.Eva.Persistence;
using Microsoft.ML.Eva.Scoring;
using Microsoft.ML.Eva.Tensors;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

[assembly: LoadableClass(typeof(Microsoft.ML.Eva.PolicyTransformer), null, typeof(SignatureLoadModel),
    "EVA fine-tuned policy", Microsoft.ML.Eva.PolicyTransformer.LoaderSignature)]

namespace Microsoft.ML.Eva;

/// <summary>
/// A fitted policy. <see cref="CreateActor"/> acts step by step in a running environment; <see cref="Transform"/> adds to recorded episodes
/// the actions the policy would have taken. It is saved and loaded with <c>mlContext.Model</c>. Safe for many threads at once.
/// </summary>
/// <remarks>Dispose it to free its weights at once; otherwise they are freed when it is collected as garbage. A <c>PredictionEngine</c> that is disposed disposes its model, unless it was made with <c>OwnsTransformer = false</c>.</remarks>
public sealed class PolicyTransformer : ITransformer, IDisposable
{
    internal const string LoaderSignature = "EvaPolicyTransformer";

    private readonly IHost _host;
    private readonly PolicyColumns _columns;
    private WeightFormat _savedWeights;
    private int _isDisposed;

    /// <summary>Takes ownership of the network, whose adapters must have been merged.</summary>
    internal PolicyTransformer(IHostEnvironment environment, PolicyNetwork policy, PolicyColumns columns, WeightFormat savedWeights, TrainingReport? report)
    {
        _host = environment.Register(LoaderSignature);
        (Policy, _columns, _savedWeights, Report) = (policy, columns, savedWeights, report);
    }

    /// <summary>Gets what the training run did: ranks, losses, action errors, seconds; its rows are windows. Null for models saved without it.</summary>
    public TrainingReport? Report { get; }

    /// <summary>Gets how many numbers a state has.</summary>
    public int StateSize => Policy.Config.StateSize;

    /// <summary>Gets how many numbers an action has.</summary>
    public int ActionSize => Policy.Config.ActionSize;

    /// <summary>Gets the most steps the policy looks at, the present one included.</summary>
    public int ContextSteps => Policy.Settings.ContextSteps;

    /// <summary>Gets the most steps an episode may have.</summary>
    public int MaxSteps => Policy.Config.MaxSteps;

    /// <summary>Gets the largest return of an episode that was learned from: what an actor aims at unless told otherwise.</summary>
    public double BestReturn => Policy.Settings.BestReturn;

    /// <summary>Gets or sets the number format of the weights in the file when this model is saved. Actions of this object do not change.</summary>
    /// <value>Default: the trainer's <see cref="PolicyOptions.SavedWeights"/>; for a loaded model the format of its file.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is none of the formats.</exception>
    public WeightFormat SavedWeights
    {
        get => _savedWeights;
        set => _savedWeights = Enum.IsDefined(value) ? value : throw new ArgumentOutOfRangeException(nameof(value), value, $"Must be one of {string.Join(", ", Enum.GetNames<WeightFormat>())}.");
    }

    /// <summary>No: an action depends on the rows before.</summary>
    bool ITransformer.IsRowToRowMapper => false;

    /// <summary>The network that acts.</summary>
    internal PolicyNetwork Policy { get; }

    /// <summary>A pretrained policy as it is, for acting without fine-tuning and for saving with <c>mlContext.Model.Save</c>.</summary>
    /// <param name="mlContext">The context, which chooses the device.</param>
    /// <param name="options">The checkpoint, which needs a <c>policy.json</c>; columns, context and scale of returns; the rest is not used.</param>
    /// <returns>The policy, with <see cref="Report"/> null.</returns>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="InvalidDataException">The checkpoint is broken, no Decision Transformer, or has no <c>policy.json</c>.</exception>
    public static PolicyTransformer FromCheckpoint(MLContext mlContext, EvaLoraPolicyOptions options)
    {
        ArgumentNullException.ThrowIfNull(mlContext);
        ArgumentNullException.ThrowIfNull(options);
        return new PolicyFit(((IHostEnvironment)mlContext).Register(nameof(PolicyTransformer)), options.Snapshot(nameof(options))).Load();
    }

    /// <summary>Makes what acts in one environment, step by step. It keeps no native memory and need not be disposed; many may act at once, each in a thread of its own.</summary>
    /// <param name="targetReturn">The return that it aims at; null: <see cref="BestReturn"/>.</param>
    /// <exception cref="ArgumentException">The target is not finite.</exception>
    /// <exception cref="ObjectDisposedException">This model has been disposed.</exception>
    public PolicyActor CreateActor(double? targetReturn = null)
    {
        Policy.ThrowIfClosed();
        return new PolicyActor(Policy, targetReturn ?? BestReturn);
    }

    /// <summary>The input's schema with the actions added.</summary>
    /// <exception cref="ArgumentException">An input column is missing, or has the wrong type or size.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return PolicyDataView.OutputSchema(inputSchema, Policy, _columns);
    }

    /// <summary>Adds to each step of recorded episodes the action the policy takes there, given the recorded steps before. The episodes are read when a cursor asks for actions.</summary>
    /// <inheritdoc cref="GetOutputSchema" path="/exception"/>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        Policy.ThrowIfClosed();
        return new PolicyDataView(_host, input, GetOutputSchema(input.Schema), Policy, _columns);
    }

    /// <inheritdoc/>
    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema) =>
        throw new InvalidOperationException($"A policy's action depends on the steps before, so it cannot predict single rows. Use {nameof(CreateActor)} to act step by step.");

    /// <summary>Writes the policy as a checkpoint in Hugging Face's form – <c>config.json</c>, <c>model.safetensors</c>, readable by transformers' DecisionTransformerModel – and <c>policy.json</c> with context, normalisation and scale, for <see cref="Checkpoint.FromFolder"/>. Files of these names are replaced.</summary>
    /// <param name="folder">The folder; made if it is not there.</param>
    public void SaveCheckpoint(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        Policy.ThrowIfClosed();
        PolicyPackage.WriteFolder(folder, Policy.Settings, Policy.Network);
    }

    /// <summary>Frees the weights that only this model uses. A pass that is running in another thread is waited for.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        Policy.Close();
        Policy.Network.Dispose();
    }

    /// <inheritdoc/>
    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        ArgumentNullException.ThrowIfNull(ctx);
        Policy.ThrowIfClosed();
        ctx.CheckAtModel();
        ctx.SetVersionInfo(Version());
        var streams = new MLNetModelStreamWriter(ctx);
        var manifest = new PolicyManifest { Checkpoint = Policy.Network.Checkpoint.Name, Columns = _columns, Weights = _savedWeights };
        PolicyPackage.Write(streams, manifest, Policy.Settings, Policy.Network);
        if (Report is not null)
            // Seconds differ from run to run; without them the same seed gives the same file.
            streams.Write("report.json", (Report with { SecondsLoad = 0, SecondsEva = 0, SecondsTrain = 0 }).WriteJson);
    }

    internal static PolicyTransformer Create(IHostEnvironment environment, ModelLoadContext context)
    {
        context.CheckAtModel(Version());
        var host = (IHostEnvironmentInternal)environment;
        using var channel = environment.Start("Loading");
        NativeTorch.BeginLoading();
        var device = new Lazy<Device>(() => Devices.Choose(host.GpuDeviceId, host.FallbackToCpu, message => channel.Warning(message)));
        var streams = new MLNetModelStreamReader(context);
        var (manifest, settings, network) = PolicyPackage.Read(streams, device);
        try
        {
            var report = streams.Has("report.json") ? streams.Read("report.json", TrainingReport.ReadJson) : null;
            return new PolicyTransformer(environment, new PolicyNetwork(network, settings, device.Value), manifest.Columns, manifest.Weights, report);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private static VersionInfo Version() => new(
        modelSignature: "EVAPOLCY",
        verWrittenCur: 0x00010001,
        verReadableCur: 0x00010001,
        verWeCanReadBack: 0x00010001,
        loaderSignature: LoaderSignature,
        loaderAssemblyName: typeof(PolicyTransformer).Assembly.FullName!);
}
