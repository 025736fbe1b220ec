using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Eva.Generation;
using Microsoft.ML.Eva.MLNet;
using Microsoft.ML.Eva.Persistence;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(Microsoft.ML.Eva.EvaGenerationTransformer), null, typeof(SignatureLoadModel),
    "EVA fine-tuned text generator", Microsoft.ML.Eva.EvaGenerationTransformer.LoaderSignature)]

namespace Microsoft.ML.Eva;

/// <summary>
/// A fine-tuned language model: writes a text after each prompt, is saved and loaded with <c>mlContext.Model</c>.
/// <see cref="Transform"/> writes in batches and keeps the rows' order, <c>PredictionEngine</c> and <see cref="Generate"/>
/// write one text at a time, <see cref="Stream"/> shows a text while it is written. Safe for many threads at once.
/// </summary>
/// <remarks>Dispose it to free its weights at once; otherwise they are freed when it is collected as garbage.</remarks>
public sealed partial class EvaGenerationTransformer : ITransformer, IDisposable
{
    internal const string LoaderSignature = "EvaGenerator";

    private readonly IHost _host;
    private readonly GenerationManifest _manifest;
    private readonly CausalModel _model;
    private readonly TextColumn _output;
    private readonly AdapterSnapshot? _adapter;
    private PromptScorer _scorer;
    private DecodingOptions _decoding;
    private WeightFormat _savedWeights;
    private int _isDisposed;

    /// <summary>Takes ownership of the model, whose adapters must have been merged, and of what they were before.</summary>
    internal EvaGenerationTransformer(IHostEnvironment environment, GenerationManifest manifest, CausalModel model, TrainingReport? report, AdapterSnapshot? adapter = null)
    {
        _host = environment.Register(LoaderSignature);
        (_manifest, _model, _adapter, _savedWeights, Report) = (manifest, model, adapter, manifest.Weights, report);
        _output = new TextColumn(manifest.OutputColumn);
        _decoding = manifest.Decoding;
        _scorer = new PromptScorer(model, manifest.PromptColumn, _decoding);
    }

    /// <summary>Gets what the training run did: ranks, losses, perplexities, seconds. Null for models that were not trained or saved without it.</summary>
    public TrainingReport? Report { get; }

    /// <summary>Gets or sets how texts are written by <see cref="Transform"/> and <c>PredictionEngine</c>, and where a call does not say it. It is saved with the model. Data views and engines made before keep what they were made with.</summary>
    /// <value>A copy; set it to change something. Default: what the estimator was told.</value>
    /// <exception cref="ArgumentException">An option is out of range, or more tokens are to be written than the network takes.</exception>
    public DecodingOptions Decoding
    {
        get => _decoding.CheckedCopy(nameof(Decoding));
        set
        {
            var decoding = Checked(value);
            (_decoding, _scorer) = (decoding, new PromptScorer(_model, _manifest.PromptColumn, decoding));
        }
    }

    /// <summary>Gets or sets the number format of the weights in the file when this model is saved. What this object writes does not change.</summary>
    /// <value>Default: the estimator's <see cref="EvaLoraGenerationOptions.SavedWeights"/>; for a loaded model the format of its file.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is none of the formats.</exception>
    public WeightFormat SavedWeights
    {
        get => _savedWeights;
        set => _savedWeights = Enum.IsDefined(value) ? value : throw new ArgumentOutOfRangeException(nameof(value), value, $"Must be one of {string.Join(", ", Enum.GetNames<WeightFormat>())}.");
    }

    /// <inheritdoc/>
    bool ITransformer.IsRowToRowMapper => true;

    /// <summary>A model that was not fine-tuned: the checkpoint as it is.</summary>
    /// <param name="mlContext">The context, which chooses the device.</param>
    /// <param name="options">Checkpoint, columns, separator and decoding; the rest is not used. Null: the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="InvalidDataException">The checkpoint is broken or no language model.</exception>
    public static EvaGenerationTransformer FromCheckpoint(MLContext mlContext, EvaLoraGenerationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(mlContext);
        return Fit(mlContext, options).Load(adapterFolder: null);
    }

    /// <summary>A model from an adapter in PEFT's folder format, whoever wrote it, merged into the checkpoint it belongs to.</summary>
    /// <param name="mlContext">The context, which chooses the device.</param>
    /// <param name="folder">The folder with <c>adapter_config.json</c>.</param>
    /// <param name="options">Checkpoint, columns, separator and decoding; the rest is not used. Null: the defaults.</param>
    /// <exception cref="ArgumentException">There is no such folder, or an option is out of range.</exception>
    /// <exception cref="InvalidDataException">The folder is broken or does not fit the checkpoint; the message says where.</exception>
    public static EvaGenerationTransformer FromAdapter(MLContext mlContext, string folder, EvaLoraGenerationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(mlContext);
        var validator = new OptionsValidator();
        new AdapterFolderOptions { Folder = folder }.Validate(validator);
        validator.ThrowIfFaulty(nameof(folder));
        return Fit(mlContext, options).Load(folder);
    }

    /// <summary>The input's schema with the column of texts added.</summary>
    /// <exception cref="ArgumentException">The column of prompts is missing or has the wrong type.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        _scorer.Input.FindColumns(inputSchema);
        var builder = new DataViewSchema.Builder();
        builder.AddColumns(inputSchema);
        _output.AddTo(builder);
        return builder.ToSchema();
    }

    /// <summary>Writes a text after each row's prompt, in batches, when the rows are read. Of a prompt for which there is no room the beginning is cut.</summary>
    /// <inheritdoc cref="GetOutputSchema" path="/exception"/>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
        return new ScoringDataView<string>(_host, input, GetOutputSchema(input.Schema), _scorer, _output);
    }

    /// <inheritdoc/>
    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
        return new ScoringRowMapper<string>(_host, inputSchema, GetOutputSchema(inputSchema), _scorer, _output);
    }

    /// <summary>Writes what was learned as an adapter in PEFT's folder format (task CAUSAL_LM); files that are there are replaced.</summary>
    /// <param name="folder">The folder; made if it is not there.</param>
    /// <exception cref="InvalidOperationException">There is no adapter to write: the model was loaded from a file, which has it merged, or trained in full.</exception>
    public void SaveAdapter(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
        (_adapter ?? throw new InvalidOperationException("This model has no adapter to write: models loaded from a file have it merged into their weights, and full fine-tuning has none. Write it right after Fit, or the whole network with SaveCheckpoint.")).Write(folder);
    }

    /// <summary>Writes the network, adapters merged, as a folder in Hugging Face's form, which transformers and <see cref="Checkpoint.FromFolder"/> read; files that are there are replaced.</summary>
    /// <param name="folder">The folder; made if it is not there.</param>
    public void SaveCheckpoint(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
        GenerationPackage.WriteFolder(folder, _model.Network);
    }

    /// <summary>Frees the weights that only this model uses. Texts that are being written end with an <see cref="ObjectDisposedException"/>, at the latest after their batch's next token.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        _model.Dispose();
        _adapter?.Dispose();
    }

    /// <inheritdoc/>
    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        ArgumentNullException.ThrowIfNull(ctx);
        ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
        GenerationModelFile.Write(ctx, _manifest with { Decoding = _decoding, Weights = _savedWeights }, _model.Network, Report);
    }

    internal static EvaGenerationTransformer Create(IHostEnvironment environment, ModelLoadContext context) => GenerationModelFile.Read(environment, context);

    private static GenerationFit Fit(MLContext mlContext, EvaLoraGenerationOptions? options) =>
        new(((IHostEnvironment)mlContext).Register(LoaderSignature), (options ?? new EvaLoraGenerationOptions()).Snapshot(nameof(options)));
}
