using GlueClassification;
using GlueClassification.Reading;

namespace Microsoft.ML.Eva.Tests.Samples;

public class GlueReaderTests
{
    [Fact]
    public void Read_QuoteCharacters_AreOrdinary()
    {
        using var development = new TemporaryFile("MRPC/dev.tsv", "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\n1\t7\t8\t\" He said .\tno \" quotes \" here\n0\t9\t9\ta\tb\n", hasByteOrderMark: true);
        File.Copy(development.Path, Path.Combine(development.Folder, "MRPC", "train.tsv"));

        var dataset = GlueReader.Read("mrpc", development.Folder);

        Assert.True(dataset.HasPairs);
        Assert.Equal(2, dataset.Train.Count);
        Assert.Equal(("\" He said .", "no \" quotes \" here", "1"), (dataset.Test[0].Text, dataset.Test[0].Pair, dataset.Test[0].Label));
    }

    [Fact]
    public void Read_Cola_TakesTheFirstLineAsARow()
    {
        using var development = new TemporaryFile("CoLA/dev.tsv", "gj04\t1\t\tFirst.\ngj04\t0\t*\tSecond.\n");
        File.Copy(development.Path, Path.Combine(development.Folder, "CoLA", "train.tsv"));

        var rows = GlueReader.Read("cola", development.Folder).Train;

        Assert.Equal([("First.", "1"), ("Second.", "0")], rows.Select(row => (row.Text, row.Label)));
    }

    [Fact]
    public void Read_WithoutTrainingFile_SplitsTheDevelopmentRows()
    {
        var lines = Enumerable.Range(0, 10).Select(i => $"{i}\tquestion {i}\tsentence {i}\tentailment");
        using var development = new TemporaryFile("QNLI/dev.tsv", "index\tquestion\tsentence\tlabel\n" + string.Join('\n', lines));

        var dataset = GlueReader.Read("qnli", development.Folder);

        Assert.Equal(8, dataset.Train.Count);
        Assert.Equal(["question 8", "question 9"], dataset.Test.Select(row => row.Text));
    }

    [Theory]
    [InlineData("sentence\tlabel\nonly one field\n", "line 2: 1 fields")]
    [InlineData("sentence\tlabel\n", "has no rows")]
    [InlineData("", "has no column 'sentence'")]
    public void Read_UnusableFile_ThrowsNamingFileAndFault(string text, string fault)
    {
        using var development = new TemporaryFile("SST-2/dev.tsv", text);

        var e = Assert.Throws<UserException>(() => GlueReader.Read("sst2", development.Folder));

        Assert.Contains(development.Path, e.Message, StringComparison.Ordinal);
        Assert.Contains(fault, e.Message, StringComparison.Ordinal);
    }
}
