using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using TorchSharp;

namespace Microsoft.ML.Eva.Tensors;

/// <summary>
/// Lets TorchSharp's native library load on Linux systems whose libstdc++ is older than the one it was built with
/// (Debian 12, Ubuntu 22.04): a patched copy in the user's cache folder is loaded instead. Elsewhere it does nothing.
/// </summary>
/// <remarks>
/// libLibTorchSharp.so 0.107.0 asks for the symbol version GLIBCXX_3.4.32 for one symbol, <c>std::ios_base_library_init</c>,
/// which it never calls through a relocation. Marking that version as weak (VER_FLG_WEAK, ELF gABI "Version Needed") is enough.
/// The original file is never touched.
/// </remarks>
internal static class NativeTorch
{
    private const string LibraryName = "LibTorchSharp";
    private const string UnavailableVersion = "GLIBCXX_3.4.32";
    private static readonly string[] Dependencies = ["libc10.so", "libtorch_cpu.so", "libtorch.so"];
    private static readonly Lock Gate = new();
    private static readonly Lazy<Task> Ahead = new(() => Task.Run(Load));
    private static nint _patched;

    /// <summary>Hooks into TorchSharp's library resolution before its first native call.</summary>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "Must come before any use of TorchSharp, whichever of our types is touched first; it only registers a callback.")]
    internal static void Register()
    {
        // Raised only after the runtime's own search has failed, also for NativeLibrary.TryLoad, which TorchSharp uses.
        if (OperatingSystem.IsLinux())
            AssemblyLoadContext.GetLoadContext(typeof(torch).Assembly)!.ResolvingUnmanagedDll += Resolve;
    }

    /// <summary>
    /// Begins to load libtorch, which takes a third of a second, on another thread. Until <see cref="EnsureLoaded"/> has returned
    /// the caller must touch nothing of TorchSharp, lest two threads run its static constructors at once.
    /// </summary>
    internal static void BeginLoading()
    {
        // While the system's loader works it finds no native function for anyone else. The clock is the one that the JSON serializer
        // looks up meanwhile, and would wait for; the hash in TokenizerStore was another.
        _ = DateTime.UtcNow;
        _ = Ahead.Value;
    }

    /// <summary>Loads libtorch, or waits until it is loaded, or throws an exception that says what is missing.</summary>
    internal static void EnsureLoaded()
    {
        try
        {
            if (Ahead.IsValueCreated)
                Ahead.Value.GetAwaiter().GetResult();
            else
                Load();
        }
        catch (Exception e) when (e is TypeInitializationException or NotSupportedException or DllNotFoundException or EntryPointNotFoundException)
        {
            var reason = e.GetBaseException().Message;
            throw new InvalidOperationException(
                "libtorch could not be loaded. The application must reference one of the packages TorchSharp-cpu, TorchSharp-cuda-linux " +
                $"or TorchSharp-cuda-windows in version {TorchSharpVersion}, and run on a platform it supports. The loader said: {reason}", e);
        }
    }

    private static void Load()
    {
        RuntimeHelpers.RunClassConstructor(typeof(torch).TypeHandle);
        torch.TryInitializeDeviceType(DeviceType.CPU);
        using var probe = torch.zeros(1);
    }

    private static string TorchSharpVersion => typeof(torch).Assembly.GetName().Version?.ToString(3) ?? "unknown";

    private static nint Resolve(Assembly assembly, string name)
    {
        if (name != LibraryName)
            return 0;
        lock (Gate)
        {
            if (_patched != 0)
                return _patched;
            var folder = SearchFolders().FirstOrDefault(f => File.Exists(Path.Combine(f, $"lib{LibraryName}.so")));
            if (folder is null)
                return 0;
            var original = Path.Combine(folder, $"lib{LibraryName}.so");
            LoadDependencies();
            if (NativeLibrary.TryLoad(original, out var handle))
                return _patched = handle;
            var bytes = File.ReadAllBytes(original);
            // Another fault than the one known: let TorchSharp report it.
            return OperatingSystem.IsLinux() && MarkVersionWeak(bytes, UnavailableVersion) ? _patched = LoadCopy(bytes) : 0;
        }
    }

    private static IEnumerable<string> SearchFolders() =>
        (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Append(AppContext.BaseDirectory)
            .Append(Path.Combine(AppContext.BaseDirectory, "runtimes", RuntimeInformation.RuntimeIdentifier, "native"))
            .Append(Path.GetDirectoryName(typeof(torch).Assembly.Location) is { Length: > 0 } beside ? beside : AppContext.BaseDirectory);

    // The copy lies in another folder than libtorch, so that $ORIGIN no longer finds it: load what it needs first.
    private static void LoadDependencies()
    {
        foreach (var folder in SearchFolders().Where(f => File.Exists(Path.Combine(f, Dependencies[^1]))).Take(1))
            foreach (var file in Dependencies)
                NativeLibrary.TryLoad(Path.Combine(folder, file), out _);
    }

    /// <summary>Sets VER_FLG_WEAK on every need of <paramref name="version"/> in an ELF64 image; false if there is none.</summary>
    internal static bool MarkVersionWeak(Span<byte> elf, string version)
    {
        const uint sectionVersionNeeds = 0x6ffffffe; // SHT_GNU_verneed
        if (elf.Length < 64 || !elf[..4].SequenceEqual("\u007fELF"u8) || elf[4] != 2 || elf[5] != 1)
            return false;
        var found = false;
        var sectionTable = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(elf[0x28..]));
        int sectionSize = BinaryPrimitives.ReadUInt16LittleEndian(elf[0x3a..]);
        int sectionCount = BinaryPrimitives.ReadUInt16LittleEndian(elf[0x3c..]);
        for (var i = 0; i < sectionCount; i++)
        {
            var header = elf.Slice(sectionTable + i * sectionSize, sectionSize);
            if (BinaryPrimitives.ReadUInt32LittleEndian(header[4..]) != sectionVersionNeeds)
                continue;
            var needs = (int)BinaryPrimitives.ReadUInt64LittleEndian(header[0x18..]);
            var link = (int)BinaryPrimitives.ReadUInt32LittleEndian(header[0x28..]);
            var names = (int)BinaryPrimitives.ReadUInt64LittleEndian(elf[(sectionTable + link * sectionSize + 0x18)..]);
            found |= MarkNeeds(elf, needs, names, Encoding.ASCII.GetBytes(version));
        }
        return found;
    }

    // Verneed: version u16, count u16, file u32, first aux u32, next u32. Vernaux: hash u32, flags u16, other u16, name u32, next u32.
    private static bool MarkNeeds(Span<byte> elf, int need, int names, ReadOnlySpan<byte> version)
    {
        const ushort weak = 0x2;
        var found = false;
        for (uint toNext; ; need += (int)toNext)
        {
            var aux = need + (int)BinaryPrimitives.ReadUInt32LittleEndian(elf[(need + 8)..]);
            for (uint toNextAux; ; aux += (int)toNextAux)
            {
                var name = elf[(names + (int)BinaryPrimitives.ReadUInt32LittleEndian(elf[(aux + 8)..]))..];
                if (name.StartsWith(version) && name[version.Length] == 0)
                {
                    elf[aux + 4] |= (byte)weak;
                    found = true;
                }
                toNextAux = BinaryPrimitives.ReadUInt32LittleEndian(elf[(aux + 12)..]);
                if (toNextAux == 0)
                    break;
            }
            toNext = BinaryPrimitives.ReadUInt32LittleEndian(elf[(need + 12)..]);
            if (toNext == 0)
                return found;
        }
    }

    // Whatever lies in the cache is compared with what should lie there before it is loaded; a writer renames a finished file
    // into place, so that processes starting at once never see half of one.
    [SupportedOSPlatform("linux")]
    private static nint LoadCopy(byte[] library)
    {
        var folderName = $"torchsharp-{Convert.ToHexStringLower(SHA256.HashData(library))[..16]}";
        List<string> faults = [];
        foreach (var root in CacheRoots())
        {
            var folder = Path.Combine(root, "Microsoft.ML.Eva", folderName);
            var path = Path.Combine(folder, $"lib{LibraryName}.so");
            try
            {
                if (!File.Exists(path) || !File.ReadAllBytes(path).AsSpan().SequenceEqual(library))
                {
                    Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
                    var unfinished = Path.Combine(folder, $"{Guid.NewGuid():n}.tmp");
                    File.WriteAllBytes(unfinished, library);
                    File.Move(unfinished, path, overwrite: true);
                }
                return NativeLibrary.Load(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or DllNotFoundException or BadImageFormatException)
            {
                faults.Add($"{path}: {e.Message}");
            }
        }
        throw new DllNotFoundException(
            $"TorchSharp's native library needs {UnavailableVersion}, which this system's libstdc++ lacks, and no patched copy could be loaded. " +
            $"Install a libstdc++ of GCC 13 or later, or set XDG_CACHE_HOME to a folder that can be written and executed from. Tried: {string.Join("; ", faults)}");
    }

    private static IEnumerable<string> CacheRoots()
    {
        if (Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache)
            yield return cache;
        if (Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) is { Length: > 0 } home)
            yield return Path.Combine(home, ".cache");
        yield return Path.Combine(Path.GetTempPath(), Environment.UserName);
    }
}
