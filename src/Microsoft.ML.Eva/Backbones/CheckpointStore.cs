using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones;

/// <summary>
/// Lets every fit and model in the process share one copy of a checkpoint's frozen weights per device. It holds the copies
/// weakly: the last network that uses one frees it.
/// </summary>
internal static class CheckpointStore
{
    private static readonly Dictionary<(string Identity, string Device), WeakReference<CheckpointContent>> Contents = [];
    private static readonly Lock Gate = new();

    /// <summary>The content of that identity on that device, read if nobody holds it. The caller must release it.</summary>
    public static CheckpointContent Acquire(string identity, Device device, Func<CheckpointContent> read)
    {
        var key = (identity, device.ToString());
        lock (Gate)
        {
            if (Contents.TryGetValue(key, out var weak) && weak.TryGetTarget(out var held) && held.TryAddReference())
                return held;
            var content = read().MoveTo(device);
            Contents[key] = new WeakReference<CheckpointContent>(content);
            return content;
        }
    }
}
