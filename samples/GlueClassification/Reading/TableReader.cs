using Microsoft.ML;
using Microsoft.ML.Data;

namespace GlueClassification.Reading;

/// <summary>Reads a CSV or TSV file with a header, through ML.NET's TextLoader. Quoted fields may hold separators, quotes and line breaks.</summary>
internal static class TableReader
{
    public static IReadOnlyList<Example> Read(string path, string textColumn, string? pairColumn, string labelColumn)
    {
        if (!File.Exists(path))
            throw new UserException($"There is no file {path}.");
        if (new FileInfo(path).Length == 0)
            throw new UserException($"{path} is empty.");
        try
        {
            var rows = Load(path, textColumn, pairColumn, labelColumn);
            return rows.Count > 0 ? rows : throw new UserException($"{path} has a header but no rows.");
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidOperationException)
        {
            // TextLoader reads in a thread of its own and wraps what went wrong there.
            throw new UserException($"{path} is not readable as a table: {ErrorText.OneLine(e.GetBaseException())}");
        }
    }

    private static List<Example> Load(string path, string textColumn, string? pairColumn, string labelColumn)
    {
        var options = new TextLoader.Options { HasHeader = true, AllowQuoting = true, ReadMultilines = true, Separators = [Separator(path)] };
        var header = ReadHeader(path, options);
        options.Columns =
        [
            Column(nameof(Example.Text), textColumn),
            Column(nameof(Example.Label), labelColumn),
            .. pairColumn is null ? [] : new[] { Column(nameof(Example.Pair), pairColumn) },
        ];
        var ml = new MLContext();
        return [.. ml.Data.CreateEnumerable<Example>(ml.Data.LoadFromTextFile(path, options), reuseRowObject: false, ignoreMissingColumns: true)];

        TextLoader.Column Column(string property, string column) => new(property, DataKind.String, ColumnIndex(header, column, path));
    }

    private static char Separator(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".csv" => ',',
        ".tsv" or ".tab" => '\t',
        var other => throw new UserException($"{path}: '{other}' is neither .csv (commas) nor .tsv (tabs)."),
    };

    /// <summary>The names in the first line: TextLoader makes them the slot names of a column that spans all fields.</summary>
    private static string[] ReadHeader(string path, TextLoader.Options options)
    {
        var ml = new MLContext();
        options.Columns = [new("All", DataKind.String, [new TextLoader.Range(0, null)])];
        var schema = ml.Data.LoadFromTextFile(path, options).Schema;
        VBuffer<ReadOnlyMemory<char>> names = default;
        schema["All"].GetSlotNames(ref names);
        return [.. names.DenseValues().Select(name => name.ToString())];
    }

    private static int ColumnIndex(string[] header, string name, string path)
    {
        var index = Array.IndexOf(header, name);
        return index >= 0 ? index : throw new UserException($"{path} has no column '{name}'; its header has: {string.Join(", ", header)}.");
    }
}
