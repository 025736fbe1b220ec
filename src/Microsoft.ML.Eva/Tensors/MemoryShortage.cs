using System.Runtime.InteropServices;

namespace Microsoft.ML.Eva.Tensors;

/// <summary>Tells whether libtorch failed for want of memory, which it says in words only.</summary>
internal static class MemoryShortage
{
    // Of the allocators for Linux, Windows and CUDA, and of cuBLAS, which allocates by itself.
    private static readonly string[] Messages = ["can't allocate memory", "not enough memory", "out of memory", "ALLOC_FAILED"];

    /// <summary>Whether that is what happened.</summary>
    public static bool Is(Exception e) =>
        e is OutOfMemoryException || (e is ExternalException && Messages.Any(message => e.Message.Contains(message, StringComparison.OrdinalIgnoreCase)));
}
