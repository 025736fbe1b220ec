using System.Collections.Concurrent;
using Microsoft.ML.Eva.Hub;

namespace Microsoft.ML.Eva.Tests.Hub;

public sealed class HubResolverTests : HubFixture
{
    private sealed class Recorder : IProgress<DownloadProgress>
    {
        public ConcurrentQueue<DownloadProgress> Reports { get; } = [];

        public void Report(DownloadProgress value) => Reports.Enqueue(value);
    }

    [Fact]
    public void Resolve_EmptyCache_DownloadsWhatIsNeededAndNoPickle()
    {
        var folder = Resolve();

        AssertComplete(folder);
        Assert.Equal(Path.Combine(RepositoryFolder, "snapshots", Hub.Commit), folder);
        Assert.False(File.Exists(Path.Combine(folder, "pytorch_model.bin")));
        Assert.False(File.Exists(Path.Combine(folder, "README.md")));
        Assert.DoesNotContain(Hub.HubRequests, r => r.Path.Contains(".bin", StringComparison.Ordinal));
        Assert.Empty(Directory.GetFiles(RepositoryFolder, "*.incomplete", SearchOption.AllDirectories));
        Assert.Empty(Directory.GetFiles(RepositoryFolder, "*.tmp", SearchOption.AllDirectories));
    }

    [Fact]
    public void Resolve_AfterDownload_LaysTheCacheAsPythonDoes()
    {
        var folder = Resolve();

        Assert.Equal(Hub.Commit, File.ReadAllText(Path.Combine(RepositoryFolder, "refs", "main")));
        foreach (var name in new[] { "config.json", "model.safetensors", "1_Pooling/config.json" })
            Assert.Equal(Hub.Files[name], File.ReadAllBytes(Path.Combine(RepositoryFolder, "blobs", Hub.Hash(name))));
        if (OperatingSystem.IsWindows())
            return; // links need developer mode there
        Assert.Equal("../../blobs/" + Hub.Hash("config.json"), new FileInfo(Path.Combine(folder, "config.json")).LinkTarget);
        Assert.Equal("../../../blobs/" + Hub.Hash("1_Pooling/config.json"), new FileInfo(Path.Combine(folder, "1_Pooling", "config.json")).LinkTarget);
    }

    [Fact]
    public void Resolve_CachedModel_SendsNoRequest()
    {
        var first = Resolve();
        Hub.HubRequests.Clear();

        Assert.Equal(first, Resolve());
        Assert.Equal(first, Resolve(revision: Hub.Commit));
        Assert.Empty(Hub.HubRequests);
    }

    [Fact]
    public void Resolve_WithoutSymbolicLinks_LeavesFilesInTheSnapshotAndCopiesOldBlobs()
    {
        var settings = Settings with { UsesSymbolicLinks = false };
        AssertComplete(Resolve(settings));
        Assert.Null(new FileInfo(Path.Combine(RepositoryFolder, "snapshots", Hub.Commit, "config.json")).LinkTarget);
        Hub.HubRequests.Clear();
        AssertComplete(Resolve(settings, new HubOptions { CheckForUpdates = true }));
        Assert.Equal(0, Hub.Downloads("model.safetensors"));

        Directory.CreateDirectory(Path.Combine(RepositoryFolder, "blobs"));
        File.WriteAllBytes(Path.Combine(RepositoryFolder, "blobs", Hub.Hash("model.safetensors")), Hub.Files["model.safetensors"]);
        Hub.Commit = new string('b', 40);
        AssertComplete(Resolve(settings, new HubOptions { CheckForUpdates = true }));
        Assert.Equal(0, Hub.Downloads("model.safetensors"));
    }

    [Fact]
    public void Resolve_CheckForUpdates_FetchesOnlyWhatChanged()
    {
        var old = Resolve();
        Hub.Commit = new string('b', 40);
        Hub.Files["config.json"] = """{"model_type":"roberta"}"""u8.ToArray();
        Assert.Equal(old, Resolve());
        Hub.HubRequests.Clear();

        var updated = Resolve(options: new HubOptions { CheckForUpdates = true });

        AssertComplete(updated);
        Assert.NotEqual(old, updated);
        Assert.Equal(1, Hub.Downloads("config.json"));
        Assert.Equal(0, Hub.Downloads("model.safetensors"));
        Assert.Equal(Hub.Commit, File.ReadAllText(Path.Combine(RepositoryFolder, "refs", "main")));
    }

    [Fact]
    public void Resolve_PullRequestRevision_IsEscapedAndNoted()
    {
        AssertComplete(Resolve(revision: "refs/pr/1"));
        Assert.Contains(Hub.HubRequests, r => r.Path.Contains("/revision/refs%2Fpr%2F1?", StringComparison.Ordinal));
        Assert.Equal(Hub.Commit, File.ReadAllText(Path.Combine(RepositoryFolder, "refs", "refs", "pr", "1")));
    }

    [Fact]
    public void Resolve_ListingWithoutDetails_AsksForEachFile()
    {
        Hub.ListsDetails = false;
        AssertComplete(Resolve());
    }

    [Fact]
    public void Resolve_ShardedWeights_FetchesIndexAndItsShardsOnly()
    {
        Hub.Files.Remove("model.safetensors");
        Hub.Files["model.safetensors.index.json"] = """{"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors","c":"model-00001-of-00002.safetensors"}}"""u8.ToArray();
        Hub.Files["model-00001-of-00002.safetensors"] = Weights(1000, 3);
        Hub.Files["model-00002-of-00002.safetensors"] = Weights(2000, 4);
        Hub.Files["model-00003-of-00002.safetensors"] = Weights(3000, 5);

        var folder = Resolve();

        Assert.Equal(Hub.Files["model-00001-of-00002.safetensors"], File.ReadAllBytes(Path.Combine(folder, "model-00001-of-00002.safetensors")));
        Assert.Equal(Hub.Files["model-00002-of-00002.safetensors"], File.ReadAllBytes(Path.Combine(folder, "model-00002-of-00002.safetensors")));
        Assert.False(File.Exists(Path.Combine(folder, "model-00003-of-00002.safetensors")));
        Assert.Equal(1, Hub.Downloads("model.safetensors.index.json"));
        Assert.Equal(folder, Resolve(Settings with { IsOffline = true }));
        File.Delete(Path.Combine(folder, "model-00002-of-00002.safetensors"));
        var e = Assert.Throws<FileNotFoundException>(() => Resolve(Settings with { IsOffline = true }));
        Assert.Contains("model-00002-of-00002.safetensors", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Resolve_Download_ReportsRisingProgressUpToTheTotal()
    {
        var recorder = new Recorder();
        Resolve(progress: recorder);

        var reports = recorder.Reports.ToArray();
        var total = new[] { "config.json", "tokenizer.json", "vocab.txt", "1_Pooling/config.json", "model.safetensors" }.Sum(name => (long)Hub.Files[name].Length);
        Assert.All(reports, r => Assert.Equal((FakeHub.Repository, total), (r.Repository, r.TotalLength)));
        Assert.Equal(reports.Select(r => r.TotalBytes).Order(), reports.Select(r => r.TotalBytes));
        Assert.Equal(total, reports[^1].TotalBytes);
        Assert.All(reports, r => Assert.InRange(r.FileBytes, 0, r.FileLength));
    }

    [Fact]
    public void Resolve_RenamedRepository_FollowsTheHubsOwnRedirectWithToken()
    {
        Hub.InterceptHub = r => r.Path.Contains("/old/", StringComparison.Ordinal) || r.Path.StartsWith("/old/", StringComparison.Ordinal)
            ? new FakeResponse(307, new() { ["Location"] = r.Path.Replace("old/name", FakeHub.Repository, StringComparison.Ordinal) })
            : r.Headers.ContainsKey("authorization") ? null : FakeHub.Error(401);

        AssertComplete(Resolve(Settings with { Token = "hf_secret" }, repository: "old/name"));
        Assert.True(Directory.Exists(Path.Combine(Cache, "models--old--name")));
    }

    [Fact]
    public void Resolve_Token_GoesToTheHubOnly()
    {
        AssertComplete(Resolve(Settings with { Token = "hf_secret" }));

        Assert.All(Hub.HubRequests, r => Assert.Equal("Bearer hf_secret", r.Headers["authorization"]));
        Assert.NotEmpty(Hub.StoreRequests);
        Assert.All(Hub.StoreRequests, r => Assert.DoesNotContain("authorization", r.Headers.Keys, StringComparer.OrdinalIgnoreCase));
    }

    [Fact]
    public void Resolve_Options_WinOverTheEnvironment()
    {
        var options = new HubOptions { Endpoint = Hub.Address.ToString(), CacheFolder = Cache, Token = "hf_other", Offline = false };
        var environment = new HubSettings(new Uri("http://127.0.0.1:1/"), Path.Combine(Cache, "elsewhere"), "hf_environment", true, true);
        AssertComplete(Resolve(environment, options));
        Assert.All(Hub.HubRequests, r => Assert.Equal("Bearer hf_other", r.Headers["authorization"]));
    }

    [Fact]
    public void Constructor_BadOptions_NamesThemAllAndNoToken()
    {
        var options = new HubOptions { Endpoint = "ftp://x", Token = "hf_a\nb", MaxDownloadBytes = 0, Timeout = TimeSpan.Zero, CacheFolder = " " };
        var e = Assert.Throws<ArgumentException>(() => new HubResolver(Settings, options));
        foreach (var name in new[] { "Endpoint", "Token", "MaxDownloadBytes", "Timeout", "CacheFolder" })
            Assert.Contains(name, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hf_a", e.Message, StringComparison.Ordinal);
    }
}
