using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.ML.Eva.Data.Labels;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Data;

/// <summary>
/// Batches of texts padded to the longest of their batch. Rows of similar length meet, so that little is computed on padding.
/// </summary>
internal sealed class TextBatchSource : IBatchSource
{
    private readonly TextRows _rows;
    private readonly RowLabels? _labels;
    private readonly IReadOnlyList<float>? _weights;
    private readonly TextPadding _padding;
    private readonly Device _device;
    private readonly int[]? _subset;
    private readonly int[] _lengths;

    /// <summary>Reads <paramref name="rows"/>, or only those that <paramref name="subset"/> names, onto <paramref name="device"/>.</summary>
    public TextBatchSource(TextRows rows, TextPadding padding, Device device, RowLabels? labels = null, IReadOnlyList<float>? weights = null, int[]? subset = null)
    {
        if (labels is not null && labels.Count != rows.Count)
            throw new ArgumentException($"{rows.Count} rows have {labels.Count} labels.", nameof(labels));
        if (weights is not null && weights.Count != rows.Count)
            throw new ArgumentException($"{rows.Count} rows have {weights.Count} weights.", nameof(weights));
        (_rows, _padding, _device, _labels, _weights, _subset) = (rows, padding, device, labels, weights, subset);
        _lengths = subset is null ? rows.Lengths.ToArray() : Array.ConvertAll(subset, row => rows.Lengths[row]);
    }

    /// <inheritdoc/>
    public int RowCount => _lengths.Length;

    /// <inheritdoc/>
    public string Fingerprint
    {
        get
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var rows = _subset ?? [.. Enumerable.Range(0, _rows.Count)];
            hash.AppendData(MemoryMarshal.AsBytes<int>(_lengths));
            foreach (var row in rows)
            {
                var ids = new long[_rows.Lengths[row] + 1];
                _rows.CopyIds(row, ids);
                ids[^1] = _rows.SecondStart(row);
                hash.AppendData(MemoryMarshal.AsBytes<long>(ids));
            }
            if (_labels is { FollowFromRows: false })
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
    public IEnumerable<Batch> TrainingBatches(int batchSize, int seed, int epoch, int skip = 0) =>
        EpochOrder.ShuffledByLength(_lengths, batchSize, seed, epoch).Skip(skip).Select(Load);

    /// <inheritdoc/>
    public IEnumerable<Batch> EvaluationBatches(int batchSize) => EpochOrder.LongestFirst(_lengths, batchSize).Select(Load);

    /// <summary>These rows (counted within the subset, if there is one) as one batch.</summary>
    public Batch Load(int[] rows)
    {
        var stored = _subset is null ? rows : Array.ConvertAll(rows, row => _subset[row]);
        var longest = rows.Max(row => _lengths[row]);
        var ids = new long[rows.Length * longest];
        var mask = new long[ids.Length];
        var types = _padding.HasTokenTypes ? new long[ids.Length] : null;
        Array.Fill(ids, _padding.PadId);
        for (var i = 0; i < stored.Length; i++)
        {
            var length = _rows.Lengths[stored[i]];
            _rows.CopyIds(stored[i], ids.AsSpan(i * longest));
            mask.AsSpan(i * longest, length).Fill(1);
            var second = Math.Min(_rows.SecondStart(stored[i]), length);
            types?.AsSpan(i * longest + second, length - second).Fill(1);
        }
        return new Batch
        {
            Rows = rows,
            Inputs = ToTensor(ids, rows.Length, longest),
            Mask = ToTensor(mask, rows.Length, longest),
            TokenTypes = types is null ? null : ToTensor(types, rows.Length, longest),
            Labels = _labels?.ToTensor(stored, _device).DetachFromDisposeScope(),
            RowWeights = _weights is null ? null : tensor(Array.ConvertAll(stored, row => _weights[row]), device: _device).DetachFromDisposeScope(),
        };
    }

    private Tensor ToTensor(long[] values, int rows, int columns) => tensor(values, [rows, columns], device: _device).DetachFromDisposeScope();
}
