using Microsoft.ML.Data;

namespace Microsoft.ML.Eva.Benchmarks;

/// <summary>Reads a column of a CSV or TSV file with a header.</summary>
internal static class SuiteTexts
{
    public static IReadOnlyList<string> Read(string path, int column = 0)
    {
        var isTsv = Path.GetExtension(path).Equals(".tsv", StringComparison.OrdinalIgnoreCase);
        var loader = new MLContext().Data.CreateTextLoader(
            [new TextLoader.Column("Text", DataKind.String, column)], hasHeader: true, separatorChar: isTsv ? '\t' : ',', allowQuoting: !isTsv);
        return [.. loader.Load(path).GetColumn<string>("Text")];
    }
}
