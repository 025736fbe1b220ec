using System.Runtime.InteropServices;
using System.Security.Cryptography;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Data.Trajectories;

/// <summary>
/// Windows of steps, as the Decision Transformer's authors sample them: an episode with a probability in proportion to its length
/// and in it a first step, all equally likely – which makes every step of every episode equally likely, with replacement. From there
/// a window takes as many steps as the context holds and the episode still has, and is padded on the left.
/// </summary>
internal sealed class TrajectoryBatchSource : IBatchSource
{
    private readonly TrajectorySet _steps;
    private readonly PolicySettings _settings;
    private readonly Device _device;

    /// <summary>Draws <paramref name="windowsPerEpoch"/> windows in one pass.</summary>
    public TrajectoryBatchSource(TrajectorySet steps, PolicySettings settings, int windowsPerEpoch, Device device) =>
        (_steps, _settings, RowCount, _device) = (steps, settings, windowsPerEpoch, device);

    /// <inheritdoc/>
    public int RowCount { get; }

    /// <inheritdoc/>
    public string Fingerprint
    {
        get
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            hash.AppendData(_settings.ToJson());
            hash.AppendData(MemoryMarshal.AsBytes<int>([RowCount, _steps.StepCount, .. Enumerable.Range(0, _steps.EpisodeCount).Select(_steps.StartOf)]));
            for (var step = 0; step < _steps.StepCount; step++)
            {
                hash.AppendData(MemoryMarshal.AsBytes<double>([_steps.ReturnAt(step), _steps.TimeAt(step)]));
                hash.AppendData(MemoryMarshal.AsBytes(_steps.StateAt(step)));
                hash.AppendData(MemoryMarshal.AsBytes(_steps.ActionAt(step)));
            }
            return Convert.ToHexStringLower(hash.GetCurrentHash())[..32];
        }
    }

    /// <inheritdoc/>
    public IEnumerable<Batch> TrainingBatches(int batchSize, int seed, int epoch, int skip = 0)
    {
        var random = EpochOrder.CreateRandom(seed, epoch);
        for (var drawn = 0; drawn < RowCount;)
        {
            var starts = new int[Math.Min(batchSize, RowCount - drawn)];
            for (var i = 0; i < starts.Length; i++)
                starts[i] = random.Next(_steps.StepCount);
            drawn += starts.Length;
            if (skip-- <= 0)
                yield return Load(starts);
        }
    }

    /// <summary>Windows that lie end to end, so that every step is in exactly one; <see cref="Batch.Rows"/> are their first steps.</summary>
    public IEnumerable<Batch> EvaluationBatches(int batchSize)
    {
        var starts = new List<int>();
        for (var episode = 0; episode < _steps.EpisodeCount; episode++)
            for (var step = _steps.StartOf(episode); step < _steps.EndOf(episode); step += _settings.ContextSteps)
                starts.Add(step);
        return starts.OrderByDescending(Length).Chunk(batchSize).Select(Load);
    }

    /// <summary>The windows that begin at these steps as one batch, their actions as labels: NaN where there is only padding.</summary>
    public Batch Load(int[] starts)
    {
        var size = _steps.Columns.ActionSize;
        var longest = starts.Max(Length);
        var windows = new StepWindows(_steps.Columns, starts.Length, longest);
        var labels = new float[starts.Length * longest * size];
        Array.Fill(labels, float.NaN);
        for (var row = 0; row < starts.Length; row++)
        {
            var length = Length(starts[row]);
            _steps.CopyTo(windows, row, starts[row], starts[row] + length, longest, _settings);
            for (var i = 0; i < length; i++)
                _steps.ActionAt(starts[row] + i).CopyTo(labels.AsSpan((row * longest + longest - length + i) * size));
        }
        return windows.ToBatch(_device, labels, starts);
    }

    private int Length(int start) => Math.Min(_settings.ContextSteps, _steps.EndOf(_steps.EpisodeOf(start)) - start);
}
