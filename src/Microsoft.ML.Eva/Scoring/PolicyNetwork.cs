using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.DecisionTransformer;
using Microsoft.ML.Eva.Data.Trajectories;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Scoring;

/// <summary>A fitted network that chooses actions, with what it must know of states and returns. Safe for many threads.</summary>
/// <remarks><see cref="Close"/> waits for passes that are running, so that nobody frees weights under them.</remarks>
internal sealed class PolicyNetwork(Network network, PolicySettings settings, Device device)
{
    // Bounds memory; larger batches gain nothing on networks of this kind.
    private const int TokensPerBatch = 1 << 14;

    private readonly ReaderWriterLockSlim _passes = new(LockRecursionPolicy.SupportsRecursion);
    private bool _isClosed;

    /// <summary>The network.</summary>
    public Network Network { get; } = network;

    /// <summary>Context, normalisation and scale.</summary>
    public PolicySettings Settings { get; } = settings;

    /// <summary>The network's sizes.</summary>
    public DecisionTransformerConfig Config { get; } = ((DecisionTransformerBackbone)network.Backbone).Config;

    /// <summary>Windows that one pass should have at most.</summary>
    public int WindowsPerBatch => Math.Max(1, TokensPerBatch / (Settings.ContextSteps * StepColumns.TokensPerStep));

    /// <summary>The action that the last step of each history calls for.</summary>
    /// <exception cref="ObjectDisposedException">The model has been disposed.</exception>
    public float[][] Act(IReadOnlyList<StepHistory> histories)
    {
        var actions = new List<float[]>(histories.Count);
        foreach (var part in histories.Chunk(WindowsPerBatch))
        {
            var longest = part.Max(history => history.Count);
            var windows = new StepWindows(Config.Columns, part.Length, longest);
            for (var row = 0; row < part.Length; row++)
                part[row].CopyTo(windows, row, longest);
            actions.AddRange(Act(windows));
        }
        return [.. actions];
    }

    /// <summary>The action that the last step of each window calls for.</summary>
    /// <exception cref="ObjectDisposedException">The model has been disposed.</exception>
    public float[][] Act(StepWindows windows)
    {
        _passes.EnterReadLock();
        try
        {
            ThrowIfClosed();
            using var scope = NewDisposeScope();
            using var noGradient = inference_mode();
            using var batch = windows.ToBatch(device);
            var actions = Network.Forward(batch, ForwardMode.Evaluation); // [windows, steps, action]
            var last = actions.select(1, actions.shape[1] - 1).cpu().contiguous().data<float>().ToArray();
            return [.. last.Chunk(Config.ActionSize)];
        }
        finally
        {
            _passes.ExitReadLock();
        }
    }

    /// <summary>Throws once the model has been disposed.</summary>
    public void ThrowIfClosed() => DisposedModel.ThrowIf(_isClosed, nameof(PolicyTransformer));

    /// <summary>Ends acting for good, after the passes that are running now.</summary>
    public void Close()
    {
        _passes.EnterWriteLock();
        _isClosed = true;
        _passes.ExitWriteLock();
    }
}
