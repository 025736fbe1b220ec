using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.ML.Eva.Data.Labels;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Data.Images;

/// <summary>How pictures become the network's input, in training with and in evaluation without augmentation.</summary>
internal sealed record ImagePipeline(PictureDecoder Decoder, ImagePreprocessor Preprocessor, ImageAugmentationOptions? Augmentation = null);

/// <summary>
/// Batches of pictures. Worker threads decode the next ones while the network computes; how many run ahead is bounded by memory,
/// and what they give depends on seed, epoch and row alone.
/// </summary>
internal sealed class ImageBatchSource : IBatchSource
{
    private const long AheadBytes = 256L << 20; // of encoded batches
    private const int MostAhead = 4;

    private readonly IReadOnlyList<PictureSource> _pictures;
    private readonly ImagePipeline _pipeline;
    private readonly Device _device;
    private readonly RowLabels? _labels;
    private readonly IReadOnlyList<float>? _weights;
    private readonly int[]? _subset;

    /// <summary>Reads <paramref name="pictures"/>, or only those that <paramref name="subset"/> names, onto <paramref name="device"/>.</summary>
    public ImageBatchSource(IReadOnlyList<PictureSource> pictures, ImagePipeline pipeline, Device device, RowLabels? labels = null, IReadOnlyList<float>? weights = null, int[]? subset = null)
    {
        if (labels is not null && labels.Count != pictures.Count)
            throw new ArgumentException($"{pictures.Count} pictures have {labels.Count} labels.", nameof(labels));
        if (weights is not null && weights.Count != pictures.Count)
            throw new ArgumentException($"{pictures.Count} pictures have {weights.Count} weights.", nameof(weights));
        (_pictures, _pipeline, _device, _labels, _weights, _subset) = (pictures, pipeline, device, labels, weights, subset);
    }

    /// <inheritdoc/>
    public int RowCount => _subset?.Length ?? _pictures.Count;

    /// <inheritdoc/>
    public string Fingerprint
    {
        get
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var rows = _subset ?? [.. Enumerable.Range(0, _pictures.Count)];
            // The same picture cut in another way is another row.
            hash.AppendData(JsonSerializer.SerializeToUtf8Bytes(new { _pipeline.Preprocessor.Height, _pipeline.Preprocessor.Width, _pipeline.Augmentation }));
            foreach (var row in rows)
            {
                var identity = _pictures[row].Identity;
                hash.AppendData(BitConverter.GetBytes(identity.Length));
                hash.AppendData(identity);
            }
            if (_labels is not null)
            {
                using var labels = _labels.ToTensor(rows, CPU);
                hash.AppendData(labels.bytes);
            }
            if (_weights is not null)
                hash.AppendData(MemoryMarshal.AsBytes<float>(Array.ConvertAll(rows, row => _weights[row])));
            return Convert.ToHexStringLower(hash.GetCurrentHash())[..32];
        }
    }

    /// <inheritdoc/>
    public IEnumerable<Batch> TrainingBatches(int batchSize, int seed, int epoch, int skip = 0)
    {
        var augmenter = _pipeline.Augmentation is { } options ? new ImageAugmenter(options, _pipeline.Preprocessor, unchecked((uint)seed)) : null;
        return DecodeAhead([.. EpochOrder.Shuffled(RowCount, batchSize, seed, epoch).Skip(skip)], augmenter, epoch);
    }

    /// <inheritdoc/>
    public IEnumerable<Batch> EvaluationBatches(int batchSize) => DecodeAhead([.. Enumerable.Range(0, RowCount).Chunk(batchSize)], null, 0);

    private IEnumerable<Batch> DecodeAhead(int[][] batches, ImageAugmenter? augmenter, int epoch)
    {
        using var stop = new CancellationTokenSource();
        var ahead = new Queue<Task<float[]>>();
        var started = 0;
        try
        {
            for (var i = 0; i < batches.Length; i++)
            {
                for (; started < batches.Length && started <= i + Ahead(batches[i].Length); started++)
                {
                    var rows = batches[started];
                    ahead.Enqueue(Task.Run(() => Encode(rows, augmenter, epoch, stop.Token)));
                }
                yield return ToBatch(batches[i], ahead.Dequeue().GetAwaiter().GetResult());
            }
        }
        finally
        {
            stop.Cancel();
            foreach (var task in ahead) // nobody works on after the reader has gone; their errors concern nobody any more
                task.ContinueWith(t => _ = t.Exception, TaskContinuationOptions.ExecuteSynchronously).Wait();
        }
    }

    private long Ahead(int batchSize) => Math.Clamp(AheadBytes / ((long)batchSize * _pipeline.Preprocessor.ValueCount * sizeof(float)), 1, MostAhead);

    private float[] Encode(int[] rows, ImageAugmenter? augmenter, int epoch, CancellationToken stop)
    {
        var size = _pipeline.Preprocessor.ValueCount;
        var values = new float[checked(rows.Length * size)];
        for (var i = 0; i < rows.Length; i++)
        {
            stop.ThrowIfCancellationRequested();
            var row = Stored(rows[i]);
            Encode(_pictures[row], augmenter, epoch, row, values.AsSpan(i * size, size));
        }
        return values;
    }

    private void Encode(PictureSource source, ImageAugmenter? augmenter, int epoch, int row, Span<float> destination)
    {
        var picture = source.Decode(_pipeline.Decoder);
        if (augmenter is null)
            _pipeline.Preprocessor.Encode(picture, source.Name, destination);
        else
            augmenter.Encode(picture, source.Name, epoch, row, destination);
    }

    private Batch ToBatch(int[] rows, float[] values)
    {
        var preprocessor = _pipeline.Preprocessor;
        return new Batch
        {
            Rows = rows,
            Inputs = tensor(values, [rows.Length, 3, preprocessor.Height, preprocessor.Width], device: _device).DetachFromDisposeScope(),
            Labels = _labels?.ToTensor(Array.ConvertAll(rows, Stored), _device).DetachFromDisposeScope(),
            RowWeights = _weights is null ? null : tensor(Array.ConvertAll(rows, row => _weights[Stored(row)]), device: _device).DetachFromDisposeScope(),
        };
    }

    private int Stored(int row) => _subset is null ? row : _subset[row];
}
