using Microsoft.ML.Data;

namespace Microsoft.ML.Eva.Benchmarks;

/// <summary>Reads the first column of a CSV or TSV file with a header.</summary>
internal static class SuiteTexts
{
    public static IReadOnlyList<string> Read(string path)
    {
        var isTsv = Path.GetExtension(path).Equals(".tsv", StringComparison.OrdinalIgnoreCase);
        var loader = new MLContext().Data.CreateTextLoader(
            [new TextLoader.Column("Text", DataKind.String, 0)], hasHeader: true, separatorChar: isTsv ? '\t' : ',', allowQuoting: !isTsv);
        return [.. loader.Load(path).GetColumn<string>("Text")];
    }
}
