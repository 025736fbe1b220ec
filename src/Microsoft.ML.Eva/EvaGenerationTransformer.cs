using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Eva.Fitting;
using Microsoft.ML.Eva.Generation;
using Microsoft.ML.Eva.MLNet;
using Microsoft.ML.Eva.Persistence;
using Microsoft.ML.Eva.Scoring;
using Microsoft.ML.Runtime;

[assembly: LoadableClass(typeof(Microsoft.ML.Eva.EvaGenerationTransformer), null, typeof(SignatureLoadModel),
    "EVA fine-tuned text generator", Microsoft.ML.Eva.EvaGenerationTransformer.LoaderSignature)]

namespace Microsoft.ML.Eva;

/// <summary>
/// A fine-tuned language model: writes a text after each prompt, is saved and loaded with <c>mlContext.Model</c>.
/// <see cref="Transform"/> writes in batches and keeps the rows' order, <c>PredictionEngine</c> and <see cref="Generate"/>
/// write one text at a time, <see cref="Stream"/> shows a text while it is written. Safe for many threads at once.
/// </summary>
/// <remarks>Dispose it to free its weights at once; otherwise they are freed when it is collected as garbage. A <c>PredictionEngine</c> that is disposed disposes its model, unless it was made with <c>OwnsTransformer = false</c>.</remarks>
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
        model.Generator.Precision = manifest.Precision;
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

    /// <summary>
    /// Gets or sets in which numbers the network multiplies when it writes. <see cref="ComputePrecision.BFloat16"/> is faster on processors and GPUs that can do it;
    /// where two tokens are about as likely, the other one may be chosen then. It is saved with the model.
    /// </summary>
    /// <value>Default: <see cref="ComputePrecision.Float32"/>, however the model was trained; for a loaded model what it was saved with.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is none of the precisions.</exception>
    public ComputePrecision Precision
    {
        get => _model.Generator.Precision;
        set => _model.Generator.Precision = Enum.IsDefined(value) ? value : throw new ArgumentOutOfRangeException(nameof(value), value, $"Must be one of {string.Join(", ", Enum.GetNames<ComputePrecision>())}.");
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
        DisposedModel.ThrowIf(_isDisposed != 0, nameof(EvaGenerationTransformer));
        return new ScoringDataView<string>(_host, input, GetOutputSchema(input.Schema), _scorer, _output);
    }

    /// <inheritdoc/>
    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        DisposedModel.ThrowIf(_isDisposed != 0, nameof(EvaGenerationTransformer));
        return new ScoringRowMapper<string>(_host, inputSchema, GetOutputSchema(inputSchema), _scorer, _output);
    }

    /// <summary>Frees the weights that only this model uses. Texts that are being written end with an <see cref="ObjectDisposedException"/>, at the latest after their batch's next token; what is being measured or saved is finished first.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        _model.Dispose();
        _adapter?.Dispose();
    }

    internal static EvaGenerationTransformer Create(IHostEnvironment environment, ModelLoadContext context) => GenerationModelFile.Read(environment, context);

    private static GenerationFit Fit(MLContext mlContext, EvaLoraGenerationOptions? options) =>
        new(((IHostEnvironment)mlContext).Register(LoaderSignature), (options ?? new EvaLoraGenerationOptions()).Snapshot(nameof(options)));
}
