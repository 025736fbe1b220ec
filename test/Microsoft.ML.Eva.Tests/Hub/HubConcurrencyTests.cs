using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.ML.Eva.Hub;

namespace Microsoft.ML.Eva.Tests.Hub;

/// <summary>Two that want the same model at once: the work is done once, both succeed.</summary>
public sealed class HubConcurrencyTests : HubFixture
{
    private const string ChildVariable = "EVA_TEST_HUB_CHILD";

    /// <summary>This assembly, started as a program with the variable set, resolves one model and ends.</summary>
    [ModuleInitializer]
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Usage", "CA2255", Justification = "A test assembly is an application.")]
    internal static void RunAsChild()
    {
        if (Environment.GetEnvironmentVariable(ChildVariable) is not { Length: > 0 } repository)
            return;
        Console.WriteLine(HubResolver.Resolve(repository, "main", new HubOptions()));
        Environment.Exit(0);
    }

    [Fact]
    public async Task Resolve_TwoAtOnceInOneProcess_DownloadEachFileOnce()
    {
        var start = new TaskCompletionSource();
        Hub.InterceptStore = (request, content) => new FakeResponse(200, [], content, PauseAt: 1000, Pause: start.Task);
        var resolving = Enumerable.Range(0, 4).Select(_ => ResolveAsync()).ToArray();
        // All have asked for everything, so that all but one wait for the lock.
        await WaitUntilAsync(() => Hub.HubRequests.Count(r => r.Method == "HEAD") >= 20 && !Hub.StoreRequests.IsEmpty);
        start.SetResult();

        var folders = await Task.WhenAll(resolving);

        Assert.All(folders, AssertComplete);
        Assert.Single(Hub.StoreRequests);
        Assert.All(new[] { "config.json", "tokenizer.json", "vocab.txt", "1_Pooling/config.json" }, name => Assert.Equal(1, Hub.Downloads(name)));
    }

    [Fact]
    public async Task Resolve_TwoProcessesAtOnce_DownloadEachFileOnce()
    {
        var start = new TaskCompletionSource();
        Hub.InterceptStore = (request, content) => new FakeResponse(200, [], content, PauseAt: 1000, Pause: start.Task);
        using var first = StartChild();
        using var second = StartChild();
        await WaitUntilAsync(() => Hub.HubRequests.Count(r => r.Method == "HEAD") >= 10 && !Hub.StoreRequests.IsEmpty);
        start.SetResult();

        var outputs = await Task.WhenAll(EndAsync(first), EndAsync(second));

        Assert.All(outputs, output => Assert.Equal(Path.Combine(RepositoryFolder, "snapshots", Hub.Commit), output.Trim()));
        AssertComplete(outputs[0].Trim());
        Assert.Single(Hub.StoreRequests);
    }

    [Fact]
    public async Task Resolve_ProcessKilledWhileDownloading_LeavesNoLock()
    {
        var never = new TaskCompletionSource();
        Hub.InterceptStore = (request, content) => new FakeResponse(200, [], content, PauseAt: 100_000, Pause: never.Task);
        using (var child = StartChild())
        {
            await WaitUntilAsync(() => File.Exists(Incomplete) && new FileInfo(Incomplete).Length == 100_000);
            child.Kill();
            await child.WaitForExitAsync();
        }
        Hub.InterceptStore = (_, _) => null;

        AssertComplete(Resolve());

        Assert.Equal("bytes=100000-", Hub.StoreRequests.Last().Headers["range"]);
    }

    [Fact]
    public async Task Acquire_LockStaysTaken_NamesIt()
    {
        var path = Path.Combine(Cache, ".locks", "x.lock");
        await using var held = await FileLock.AcquireAsync(path, TimeSpan.Zero, default);
        var e = await Assert.ThrowsAsync<CacheWriteException>(() => FileLock.AcquireAsync(path, TimeSpan.FromMilliseconds(50), default));
        Assert.Contains(path, e.Message, StringComparison.Ordinal);
        using var cancellation = new CancellationTokenSource(50);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => FileLock.AcquireAsync(path, TimeSpan.FromMinutes(1), cancellation.Token));
    }

    [Fact]
    public async Task Acquire_LockOfAnotherProgram_IsSeenBothWays()
    {
        const string Flock = "/usr/bin/flock"; // the system call that Python's filelock uses, as a program
        if (!File.Exists(Flock))
            return;
        var path = Path.Combine(Cache, ".locks", "x.lock");
        int TryFlock()
        {
            using var process = Process.Start(Flock, ["--nonblock", path, "true"]);
            process.WaitForExit();
            return process.ExitCode;
        }
        await using (await FileLock.AcquireAsync(path, TimeSpan.Zero, default))
            Assert.Equal(1, TryFlock());
        Assert.Equal(0, TryFlock());
        using var holder = Process.Start(Flock, [path, "sleep", "60"]);
        await WaitUntilAsync(() => TryFlock() == 1);
        await Assert.ThrowsAsync<CacheWriteException>(() => FileLock.AcquireAsync(path, TimeSpan.FromMilliseconds(50), default));
        holder.Kill(entireProcessTree: true);
        await holder.WaitForExitAsync();
        await using var free = await FileLock.AcquireAsync(path, TimeSpan.FromSeconds(10), default);
    }

    private Process StartChild()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add("exec");
        start.ArgumentList.Add(typeof(HubConcurrencyTests).Assembly.Location);
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("HF_", StringComparison.Ordinal)).ToArray())
            start.Environment.Remove(name);
        start.Environment[ChildVariable] = FakeHub.Repository;
        start.Environment["HF_ENDPOINT"] = Hub.Address.ToString();
        start.Environment["HF_HUB_CACHE"] = Cache;
        start.Environment["HF_TOKEN_PATH"] = Path.Combine(Cache, "no-token");
        start.Environment["NO_PROXY"] = "127.0.0.1";
        return Process.Start(start)!;
    }

    private static async Task<string> EndAsync(Process process)
    {
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        Assert.True(process.ExitCode == 0, await errors);
        return await output;
    }
}
