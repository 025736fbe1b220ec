using Microsoft.ML.Data;
using Microsoft.ML.Eva.Scoring;

namespace Microsoft.ML.Eva.MLNet;

/// <summary>The column of texts that a generator adds.</summary>
internal sealed class TextColumn(string name) : IScoreColumns<string>
{
    /// <summary>All texts of a column; a missing one is empty.</summary>
    /// <exception cref="ArgumentException">The column is missing or has the wrong type.</exception>
    public static IReadOnlyList<string> Read(IDataView data, string name)
    {
        var column = Find(data.Schema, name);
        var texts = new List<string>();
        using var cursor = data.GetRowCursor([column]);
        var read = cursor.GetGetter<ReadOnlyMemory<char>>(column);
        ReadOnlyMemory<char> text = default;
        while (cursor.MoveNext())
        {
            read(ref text);
            texts.Add(text.ToString());
        }
        return texts;
    }

    /// <summary>A column of texts in a schema.</summary>
    /// <exception cref="ArgumentException">It is missing or has the wrong type.</exception>
    public static DataViewSchema.Column Find(DataViewSchema schema, string name)
    {
        var column = schema.GetColumnOrNull(name) ?? throw RowInput.MissingColumn(name, schema.Select(c => c.Name));
        return column.Type is TextDataViewType ? column : throw new ArgumentException($"Column '{name}' has type {column.Type}, but must be {TextInput.Types}.");
    }

    /// <inheritdoc/>
    public string WhyNoOnnxStep =>
        $"A text generator is no step of mlContext.Model.ConvertToOnnx: ONNX has no tokenizers and writes no texts. {nameof(EvaGenerationTransformer)}.{nameof(EvaGenerationTransformer.SaveOnnx)} writes the network with the tokenizer's files beside it.";

    /// <summary>Appends the column to a schema.</summary>
    public void AddTo(DataViewSchema.Builder builder) => builder.AddColumn(name, TextDataViewType.Instance);

    /// <summary>The input's shape with the column added.</summary>
    public SchemaShape AddTo(SchemaShape input)
    {
        var columns = input.ToDictionary(column => column.Name);
        columns[name] = new SchemaShape.Column(name, SchemaShape.Column.VectorKind.Scalar, TextDataViewType.Instance, false);
        return new SchemaShape(columns.Values);
    }

    /// <inheritdoc/>
    public bool IsOutput(DataViewSchema.Column column, DataViewSchema outputSchema) => column.Index == outputSchema.Count - 1;

    /// <inheritdoc/>
    public Delegate CreateGetter(DataViewSchema.Column column, Func<string> score) =>
        new ValueGetter<ReadOnlyMemory<char>>((ref ReadOnlyMemory<char> value) => value = score().AsMemory());
}
