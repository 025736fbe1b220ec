using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Data.Labels;
using Microsoft.ML.Eva.Data.Tokenization;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Data;

public class TextBatchSourceTests
{
    private const int PadId = 9;

    [Theory]
    [InlineData(100)]
    [InlineData(100_000)]
    public void EvaluationBatches_RowsOfManyLengths_HoldIdsMaskTypesAndLabels(int vocabularySize)
    {
        var (rows, labels, texts) = Rows(vocabularySize, 37);
        var source = new TextBatchSource(rows, new TextPadding(PadId, HasTokenTypes: true), CPU, labels);
        var seen = new List<int>();
        foreach (var batch in source.EvaluationBatches(5))
        {
            using var _ = batch;
            seen.AddRange(batch.Rows!);
            for (var i = 0; i < batch.RowCount; i++)
                AssertRow(batch, i, texts[batch.Rows![i]], batch.Rows[i] % 3);
        }
        Assert.Equal(Enumerable.Range(0, 37), seen.Order());
    }

    [Fact]
    public void TrainingBatches_Subset_HoldsOnlyItsRowsWithTheirLabelsAndWeights()
    {
        var (rows, labels, texts) = Rows(100, 20);
        int[] subset = [3, 17, 4, 11, 8];
        var weights = Enumerable.Range(0, 20).Select(i => i / 10f).ToArray();
        var source = new TextBatchSource(rows, new TextPadding(PadId, true), CPU, labels, weights, subset);
        Assert.Equal(subset.Length, source.RowCount);
        foreach (var batch in source.TrainingBatches(2, seed: 1, epoch: 0))
        {
            using var _ = batch;
            for (var i = 0; i < batch.RowCount; i++)
            {
                var row = subset[batch.Rows![i]];
                AssertRow(batch, i, texts[row], row % 3);
                Assert.Equal(row / 10f, batch.RowWeights![i].item<float>());
            }
        }
    }

    [Fact]
    public void TrainingBatches_Skip_GoesOnWhereAnotherReaderStopped()
    {
        var (rows, labels, _) = Rows(100, 23);
        var source = new TextBatchSource(rows, new TextPadding(PadId, false), CPU, labels);
        Assert.Equal(Order(0)[2..], Order(2));

        string[] Order(int skip) => [.. source.TrainingBatches(4, 1, 3, skip).Select(batch => { using (batch) return string.Join(",", batch.Rows!); })];
    }

    [Fact]
    public void TrainingBatches_InsideAScope_OutliveIt()
    {
        var (rows, labels, _) = Rows(100, 3);
        Batch batch;
        using (NewDisposeScope())
            batch = new TextBatchSource(rows, new TextPadding(PadId, true), CPU, labels).TrainingBatches(3, 1, 0).Single();
        using (batch)
            Assert.All([batch.Inputs, batch.Mask!, batch.TokenTypes!, batch.Labels!], tensor => Assert.False(tensor.IsInvalid));
    }

    [Fact]
    public void Constructor_OtherNumberOfLabels_Throws()
    {
        var (rows, labels, _) = Rows(100, 3);
        labels.Add(0);
        Assert.Throws<ArgumentException>(() => new TextBatchSource(rows, new TextPadding(PadId, true), CPU, labels));
    }

    private static (TextRows Rows, ClassLabels Labels, EncodedText[] Texts) Rows(int vocabularySize, int count)
    {
        var random = new Random(1);
        var rows = new TextRows(vocabularySize);
        var labels = new ClassLabels();
        var texts = new EncodedText[count];
        for (var i = 0; i < count; i++)
        {
            var ids = new int[random.Next(1, 12)];
            for (var j = 0; j < ids.Length; j++)
                ids[j] = random.Next(vocabularySize);
            texts[i] = new EncodedText(ids, random.Next(ids.Length + 1));
            rows.Add(texts[i]);
            labels.Add(i % 3);
        }
        return (rows, labels, texts);
    }

    private static void AssertRow(Batch batch, int i, EncodedText text, int label)
    {
        var padding = (int)batch.Inputs.shape[1] - text.Ids.Length;
        Assert.Equal([.. text.Ids.Select(id => (long)id), .. Enumerable.Repeat((long)PadId, padding)], batch.Inputs[i].data<long>().ToArray());
        Assert.Equal([.. Enumerable.Repeat(1L, text.Ids.Length), .. Enumerable.Repeat(0L, padding)], batch.Mask![i].data<long>().ToArray());
        Assert.Equal(
            [.. Enumerable.Range(0, text.Ids.Length).Select(j => j >= text.SecondStart ? 1L : 0L), .. Enumerable.Repeat(0L, padding)],
            batch.TokenTypes![i].data<long>().ToArray());
        Assert.Equal(label, batch.Labels![i].item<long>());
    }
}
