using Microsoft.ML.Data;

namespace Microsoft.ML.Eva.MLNet;

/// <summary>The column of texts that a generator adds.</summary>
internal sealed class TextColumn(string name) : IScoreColumns<string>
{
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
