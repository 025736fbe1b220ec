using Microsoft.ML.Data;
using Microsoft.ML.Eva.MLNet.Targets;
using Microsoft.ML.Eva.Scoring;
using Microsoft.ML.Model.OnnxConverter;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Eva.MLNet;

/// <summary>The input with a model's columns added, scored lazily in batches while a cursor moves.</summary>
internal sealed class ScoringDataView(IHostEnvironment environment, IDataView input, DataViewSchema schema, NetworkScorer scorer, OutputColumns outputs) : ITransformCanSaveOnnx
{
    /// <inheritdoc/>
    IDataView IDataTransform.Source => input;

    /// <inheritdoc/>
    public bool CanShuffle => input.CanShuffle;

    /// <inheritdoc/>
    public DataViewSchema Schema => schema;

    /// <inheritdoc/>
    public long? GetRowCount() => input.GetRowCount();

    /// <inheritdoc/>
    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        var active = new bool[schema.Count];
        foreach (var column in columnsNeeded)
            active[column.Index] = true;
        var passedThrough = input.Schema.Where(column => active[column.Index]).ToList();
        var isScored = schema.Any(column => active[column.Index] && outputs.IsOutput(column, schema));
        // Two cursors walk the same rows: one runs ahead and fills batches, the other stands on the row shown.
        // A shuffled view must shuffle alike for both, so they get generators with the same seed.
        var seed = rand?.Next();
        var shown = input.GetRowCursor(passedThrough, NewRandom(seed));
        try
        {
            var ahead = isScored ? input.GetRowCursor(scorer.Input.FindColumns(input.Schema), NewRandom(seed)) : null;
            return new ScoringCursor(environment, shown, ahead, schema, active, scorer, outputs);
        }
        catch
        {
            shown.Dispose();
            throw;
        }
    }

    /// <summary>One cursor: scoring uses all cores by itself, and batches want neighbouring rows.</summary>
    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];

    // Without an answer of its own, ML.NET's converter would take this step's columns for the model's inputs and write what follows alone.
    bool ICanSaveOnnx.CanSaveOnnx(OnnxContext ctx) => throw new NotSupportedException(
        $"A fine-tuned model is no step of mlContext.Model.ConvertToOnnx, since ONNX has no tokenizers and decodes no pictures. {nameof(EvaTransformer)}.{nameof(EvaTransformer.SaveOnnx)} writes the network with the tokenizer's or preprocessing files beside it.");

    /// <inheritdoc/>
    void ISaveAsOnnx.SaveAsOnnx(OnnxContext ctx) => ((ICanSaveOnnx)this).CanSaveOnnx(ctx);

    /// <inheritdoc/>
    void ICanSaveModel.Save(ModelSaveContext ctx) => throw new NotSupportedException($"A view cannot be saved as a model; save the {nameof(EvaTransformer)} that made it.");

    private static Random? NewRandom(int? seed) => seed is { } value ? new Random(value) : null;
}
