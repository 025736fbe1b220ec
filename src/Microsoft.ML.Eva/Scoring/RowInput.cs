using Microsoft.ML.Data;

namespace Microsoft.ML.Eva.Scoring;

/// <summary>How a row of an ML.NET data view is read and encoded.</summary>
internal abstract class RowInput
{
    /// <summary>The columns read.</summary>
    public abstract IReadOnlyList<string> ColumnNames { get; }

    /// <summary>How many rows scoring may read and encode before it shows the first of them.</summary>
    /// <remarks>Enough that rows of like length find each other, few enough that the first row comes soon and memory stays small.</remarks>
    public virtual int RowsAhead => 1024;

    /// <summary>Whether a column of this type can be read.</summary>
    public abstract bool Accepts(DataViewType type);

    /// <summary>What <see cref="Accepts"/> wants, for messages.</summary>
    public abstract string AcceptedTypes { get; }

    /// <summary>A function that reads and encodes the row the cursor stands on.</summary>
    public abstract Func<EncodedRow> CreateReader(DataViewRow row);

    /// <summary>The columns in a schema.</summary>
    /// <exception cref="ArgumentException">One is missing or has the wrong type.</exception>
    public IReadOnlyList<DataViewSchema.Column> FindColumns(DataViewSchema schema)
    {
        var columns = new List<DataViewSchema.Column>();
        foreach (var name in ColumnNames)
        {
            var column = schema.GetColumnOrNull(name) ?? throw MissingColumn(name, schema.Select(c => c.Name));
            if (!Accepts(column.Type))
                throw new ArgumentException($"Column '{name}' has type {column.Type}, but must be {AcceptedTypes}.");
            columns.Add(column);
        }
        return columns;
    }

    /// <summary>The exception for a column that is not there.</summary>
    public static ArgumentException MissingColumn(string name, IEnumerable<string> present) =>
        new($"There is no column '{name}'. The data has: {string.Join(", ", present.Distinct().Order(StringComparer.Ordinal).Select(n => $"'{n}'"))}.");
}
