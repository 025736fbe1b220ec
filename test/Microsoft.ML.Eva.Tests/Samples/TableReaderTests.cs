using GlueClassification;
using GlueClassification.Reading;

namespace Microsoft.ML.Eva.Tests.Samples;

public class TableReaderTests
{
    [Theory]
    [InlineData("\n", false)]
    [InlineData("\r\n", true)]
    public void Read_QuotedFields_KeepsSeparatorsQuotesAndLineBreaks(string newLine, bool hasByteOrderMark)
    {
        string[] lines =
        [
            "id,\"The, text\",class",
            "1,plain,a",
            "2,\"one, \"\"two\"\"\",b",
            "3,\"first line\n\nthird line\",a",
            "4,// no comment,b",
            "5,,",
        ];
        using var file = new TemporaryFile("rows.csv", string.Join(newLine, lines) + newLine, hasByteOrderMark);

        var rows = TableReader.Read(file.Path, "The, text", null, "class");

        Assert.Equal(["plain", "one, \"two\"", "first line\n\nthird line", "// no comment", ""], rows.Select(row => row.Text));
        Assert.Equal(["a", "b", "a", "b", ""], rows.Select(row => row.Label));
        Assert.All(rows, row => Assert.Empty(row.Pair));
    }

    [Fact]
    public void Read_TabsAndPair_TakesBothTexts()
    {
        using var file = new TemporaryFile("rows.tsv", "label\tleft\tright\nyes\ta, b\t\"c\td\"\n");

        var row = Assert.Single(TableReader.Read(file.Path, "left", "right", "label"));

        Assert.Equal(("a, b", "c\td", "yes"), (row.Text, row.Pair, row.Label));
    }

    [Theory]
    [InlineData("rows.csv", "", "is empty")]
    [InlineData("rows.csv", "text,label\n", "has a header but no rows")]
    [InlineData("rows.csv", "words,label\nx,y\n", "has no column 'text'; its header has: words, label")]
    [InlineData("rows.csv", "text,label\nx,y\n\"open,y\n", "was never closed")]
    [InlineData("rows.csv", "text,label\nx,y,z\n", "not consistent")]
    [InlineData("rows.txt", "text,label\nx,y\n", "neither .csv")]
    public void Read_UnusableFile_ThrowsNamingFileAndFault(string name, string text, string fault)
    {
        using var file = new TemporaryFile(name, text);

        var e = Assert.Throws<UserException>(() => TableReader.Read(file.Path, "text", null, "label"));

        Assert.Contains(file.Path, e.Message, StringComparison.Ordinal);
        Assert.Contains(fault, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_MissingFile_ThrowsNamingIt() =>
        Assert.Contains("nowhere.csv", Assert.Throws<UserException>(() => TableReader.Read("nowhere.csv", "text", null, "label")).Message, StringComparison.Ordinal);
}
