using System.Runtime.InteropServices;

namespace Microsoft.ML.Eva.Tensors;

/// <summary>The C library's heap, from which libtorch takes the tensors of a CPU.</summary>
internal static partial class NativeHeap
{
    private static bool _canTrim = OperatingSystem.IsLinux();

    /// <summary>
    /// Gives what is free there back to the system. glibc keeps freed blocks for later ones, and batches of ever other sizes leave gaps
    /// between those that nothing fits into: a training's heap would grow to several times what it needs. Other C libraries manage
    /// without, and there it does nothing.
    /// </summary>
    public static void Trim()
    {
        if (!_canTrim)
            return;
        try
        {
            _ = MallocTrim(0);
        }
        catch (EntryPointNotFoundException)
        {
            _canTrim = false; // musl
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int MallocTrim(nuint kept);
}
