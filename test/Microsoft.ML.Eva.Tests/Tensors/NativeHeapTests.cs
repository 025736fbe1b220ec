using System.Runtime.InteropServices;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Tensors;

[Collection(nameof(TensorCounts))]
public class NativeHeapTests
{
    // Elsewhere there is nothing to give back, and the call must do no harm.
    private static readonly bool KeepsFreedBlocks = OperatingSystem.IsLinux() && !RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal);

    [Fact]
    public void Trim_FreedBlocksBetweenOthers_GoBackToTheSystem()
    {
        const int Count = 2000, Entries = 25_000; // blocks of 100 kB come from the heap, not from pages of their own
        var blocks = Enumerable.Range(0, Count).Select(_ => ones(Entries)).ToList();
        for (var i = 0; i < Count; i += 2)
            blocks[i].Dispose();
        var before = Environment.WorkingSet;

        NativeHeap.Trim();

        var freed = before - Environment.WorkingSet;
        for (var i = 1; i < Count; i += 2)
            blocks[i].Dispose();
        if (KeepsFreedBlocks)
            Assert.True(freed > Count / 2 * Entries * sizeof(float) / 2, $"Of 100 MB {freed >> 20} went back.");
    }
}
