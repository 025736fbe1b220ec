using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests;

/// <summary>Tests that count the process's tensors run alone.</summary>
[CollectionDefinition(nameof(TensorCounts), DisableParallelization = true)]
public class TensorCounts
{
    /// <summary>
    /// How many tensors live once the garbage that earlier tests left is gone. Without this, a finalizer that
    /// runs in the middle of a test makes its count fall.
    /// </summary>
    public static long Settled()
    {
        long before, after;
        do
        {
            before = Tensor.TotalCount;
            GC.Collect();
            GC.WaitForPendingFinalizers();
            after = Tensor.TotalCount;
        }
        while (after != before);
        return after;
    }
}
