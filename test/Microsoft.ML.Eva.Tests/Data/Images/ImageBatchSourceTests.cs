using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Data.Images;
using Microsoft.ML.Eva.Data.Labels;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Data.Images;

/// <summary>Batches decoded ahead: the same rows and values whatever the threads do, errors that name the picture, nothing left behind.</summary>
public sealed class ImageBatchSourceTests
{
    private static readonly ImagePreprocessor Preprocessor = ImagePreprocessor.Create(null, 14);
    private static readonly ImagePipeline Plain = new(new PictureDecoder(PictureDecoding.AsSeen), Preprocessor);
    private static readonly ImagePipeline Varied = Plain with { Augmentation = new ImageAugmentationOptions() };

    [Fact]
    public void EvaluationBatches_AllRows_ComeInOrderWithTheirLabels()
    {
        var labels = new ClassLabels();
        for (var i = 0; i < 11; i++)
            labels.Add(i % 3);
        var source = new ImageBatchSource(Sources(11), Plain, CPU, labels);

        var rows = new List<int>();
        foreach (var batch in source.EvaluationBatches(4))
            using (batch)
            {
                Assert.Equal([batch.RowCount, 3, 14, 14], batch.Inputs.shape);
                Assert.Equal(batch.Rows!.Select(row => row % 3L), batch.Labels!.data<long>().ToArray());
                for (var i = 0; i < batch.RowCount; i++)
                    Assert.Equal(Level(batch.Rows![i]), Red(batch, i), 4);
                rows.AddRange(batch.Rows!);
            }

        Assert.Equal(Enumerable.Range(0, 11), rows);
    }

    [Fact]
    public void TrainingBatches_SameSeedAndEpoch_GiveTheSameValues()
    {
        var source = new ImageBatchSource(Sources(13, noise: true), Varied, CPU);

        Assert.Equal(Values(source.TrainingBatches(4, 7, 2)), Values(source.TrainingBatches(4, 7, 2)));
        Assert.Equal(Values(source.TrainingBatches(4, 7, 2)).Skip(8), Values(source.TrainingBatches(4, 7, 2, skip: 2)));
        Assert.NotEqual(Values(source.TrainingBatches(4, 7, 2)), Values(source.TrainingBatches(4, 7, 3)));
        Assert.NotEqual(Values(source.TrainingBatches(4, 7, 2)), Values(source.TrainingBatches(4, 8, 2)));
    }

    [Fact]
    public void TrainingBatches_Subset_ShowsItsRowsOnly()
    {
        var source = new ImageBatchSource(Sources(10), Plain, CPU, subset: [9, 4, 2]);
        var levels = new List<float>();
        foreach (var batch in source.TrainingBatches(2, 1, 0))
            using (batch)
                levels.AddRange(Enumerable.Range(0, batch.RowCount).Select(i => Red(batch, i)));

        Assert.Equal(new[] { 2, 4, 9 }.Select(Level).Select(v => Math.Round(v, 3)), levels.Order().Select(v => Math.Round(v, 3)));
    }

    [Fact]
    public void Fingerprint_OtherPicturesOrderOrLabels_IsAnother()
    {
        static ClassLabels Labels(int first)
        {
            var labels = new ClassLabels();
            for (var i = 0; i < 5; i++)
                labels.Add(i == 0 ? first : 0);
            return labels;
        }
        var source = new ImageBatchSource(Sources(5), Plain, CPU, Labels(0));

        Assert.Equal(source.Fingerprint, new ImageBatchSource(Sources(5), Plain, CPU, Labels(0)).Fingerprint);
        Assert.NotEqual(source.Fingerprint, new ImageBatchSource(Sources(5), Plain, CPU, Labels(1)).Fingerprint);
        Assert.NotEqual(source.Fingerprint, new ImageBatchSource([.. Sources(5).Reverse()], Plain, CPU, Labels(0)).Fingerprint);
        Assert.NotEqual(source.Fingerprint, new ImageBatchSource(Sources(5), Plain, CPU, Labels(0), subset: [0, 1]).Fingerprint);
    }

    [Fact]
    public void EvaluationBatches_BrokenPicture_NamesIt()
    {
        var sources = Sources(6).ToList();
        sources[4] = PictureSource.Content([1, 2, 3], "Row 4 of column 'Image'");
        var source = new ImageBatchSource(sources, Plain, CPU);

        var error = Assert.Throws<InvalidDataException>(() => source.EvaluationBatches(2).ToList().Count);

        Assert.StartsWith("Row 4 of column 'Image'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EvaluationBatches_MissingFile_NamesIt()
    {
        var source = new ImageBatchSource([PictureSource.File(Path.Combine(Path.GetTempPath(), "no", "such.png"), "Row 0, file 'such.png',")], Plain, CPU);

        Assert.StartsWith("Row 0, file 'such.png',", Assert.Throws<InvalidDataException>(() => source.EvaluationBatches(2).ToList()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EvaluationBatches_LeftEarly_StopsAndKeepsNothing()
    {
        var source = new ImageBatchSource(Sources(40), Plain, CPU);
        using var scope = NewDisposeScope();
        foreach (var batch in source.EvaluationBatches(4))
        {
            batch.Dispose();
            break;
        }

        Assert.Equal(0, scope.DisposablesCount);
    }

    // Row i is a plain picture whose level tells i, or noise.
    private static PictureSource[] Sources(int count, bool noise = false) => [.. Enumerable.Range(0, count).Select(i =>
    {
        var picture = Picture.Black(20, 30);
        if (noise)
            new Random(i).NextBytes(picture.Pixels);
        else
            picture.Pixels.AsSpan().Fill((byte)(i * 10));
        return PictureSource.Decoded(picture, $"row {i}");
    })];

    private static float Level(int row) => ((row * 10 / 255f) - 0.485f) / 0.229f;

    private static float Red(Batch batch, int row) => batch.Inputs[row, 0, 7, 7].item<float>();

    private static List<float[]> Values(IEnumerable<Batch> batches)
    {
        var values = new List<float[]>();
        foreach (var batch in batches)
            using (batch)
                values.AddRange(batch.Inputs.data<float>().ToArray().Chunk(Preprocessor.ValueCount));
        return values;
    }
}
