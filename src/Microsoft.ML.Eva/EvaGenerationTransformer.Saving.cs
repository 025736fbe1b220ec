using Microsoft.ML.Eva.Onnx;
using Microsoft.ML.Eva.Persistence;
using Microsoft.ML.Eva.Scoring;

namespace Microsoft.ML.Eva;

/// <content>What the model is saved as.</content>
public sealed partial class EvaGenerationTransformer
{
    /// <summary>Gets or sets the number format of the weights in the file when this model is saved. What this object writes does not change.</summary>
    /// <value>Default: the estimator's <see cref="EvaLoraGenerationOptions.SavedWeights"/>; for a loaded model the format of its file.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is none of the formats.</exception>
    public WeightFormat SavedWeights
    {
        get => _savedWeights;
        set => _savedWeights = Enum.IsDefined(value) ? value : throw new ArgumentOutOfRangeException(nameof(value), value, $"Must be one of {string.Join(", ", Enum.GetNames<WeightFormat>())}.");
    }

    /// <summary>Writes what was learned as an adapter in PEFT's folder format (task CAUSAL_LM); files that are there are replaced.</summary>
    /// <param name="folder">The folder; made if it is not there.</param>
    /// <exception cref="InvalidOperationException">There is no adapter to write: the model was loaded from a file, which has it merged, or trained in full.</exception>
    public void SaveAdapter(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        DisposedModel.ThrowIf(_isDisposed != 0, nameof(EvaGenerationTransformer));
        if (_adapter is null)
            throw new InvalidOperationException("This model has no adapter to write: models loaded from a file have it merged into their weights, and full fine-tuning has none. Write it right after Fit, or the whole network with SaveCheckpoint.");
        _model.Generator.Within(() => _adapter.Write(folder));
    }

    /// <summary>Writes the network, adapters merged, as a folder in Hugging Face's form, which transformers and <see cref="Checkpoint.FromFolder"/> read; files that are there are replaced.</summary>
    /// <param name="folder">The folder; made if it is not there.</param>
    public void SaveCheckpoint(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        DisposedModel.ThrowIf(_isDisposed != 0, nameof(EvaGenerationTransformer));
        _model.Generator.Within(() => GenerationPackage.WriteFolder(folder, _model.Network));
    }

    /// <summary>
    /// Writes the merged model for ONNX Runtime and other runtimes (opset 17, float32): <c>model.onnx</c>, the tokenizer's files,
    /// <c>config.json</c> and <c>inference.json</c>, which tells inputs, outputs, <c>max_tokens</c>, separator, end tokens and how to decode.
    /// The graph gives for every token the scores of the one after it, <c>logits</c> [batch, tokens, vocabulary]; the program that runs
    /// it chooses tokens. docs/onnx.md tells all.
    /// </summary>
    /// <param name="folder">The folder; made if it is not there. An earlier export in it is replaced when all new files are whole.</param>
    /// <param name="withCache">
    /// <see langword="false"/>: the inputs are <c>input_ids</c> and <c>attention_mask</c>, and every step computes all tokens.
    /// <see langword="true"/>: the graph also takes <c>position_ids</c> and the keys and values of earlier tokens,
    /// <c>past_key_values.0.key</c> and so on, and gives those of all tokens, <c>present.0.key</c> and so on, so that a further token
    /// costs one token's work.
    /// </param>
    /// <exception cref="ArgumentException">The path is that of a file, or the folder holds files of these names that no export wrote.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder is read-only.</exception>
    public void SaveOnnx(string folder, bool withCache = false)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        DisposedModel.ThrowIf(_isDisposed != 0, nameof(EvaGenerationTransformer));
        var prompts = new OnnxPrompts(_manifest.PromptColumn, _manifest.Separator, _model.Prompts.PadId, _model.Ends.Ids);
        _model.Generator.Within(() => new OnnxFolder(new GenerationContent(_model.Network, prompts, _decoding, withCache)).Write(folder));
    }

    /// <inheritdoc/>
    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        ArgumentNullException.ThrowIfNull(ctx);
        DisposedModel.ThrowIf(_isDisposed != 0, nameof(EvaGenerationTransformer));
        var manifest = _manifest with { Decoding = _decoding, Weights = _savedWeights, Precision = Precision };
        _model.Generator.Within(() => GenerationModelFile.Write(ctx, manifest, _model.Network, Report));
    }
}
