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

    /// <summary>Texts of a random number of words, evenly between two numbers, cut from <paramref name="texts"/>; the same every time.</summary>
    public static IReadOnlyList<string> OfLengths(IReadOnlyList<string> texts, int fewest, int most, int count)
    {
        var random = new Random(1);
        var words = texts.SelectMany(text => text.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToArray();
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            var length = Math.Min(random.Next(fewest, most + 1), words.Length);
            var start = random.Next(words.Length - length + 1);
            return string.Join(' ', words[start..(start + length)]);
        })];
    }
}
