using Microsoft.ML.Eva.Hub;

namespace Microsoft.ML.Eva.Tests.Hub;

/// <summary>Caches that Python made, and work without a network.</summary>
public sealed class HubCacheTests : HubFixture
{
    private HubSettings Offline => Settings with { IsOffline = true, Endpoint = new Uri("http://127.0.0.1:1/") };

    private string Snapshot => Path.Combine(RepositoryFolder, "snapshots", Hub.Commit);

    // The layout of huggingface_hub: blobs by hash, relative links, refs without line break, markers for files that do not exist.
    private void LayAsPythonDoes(params string[] names)
    {
        Directory.CreateDirectory(Path.Combine(RepositoryFolder, "blobs"));
        Directory.CreateDirectory(Path.Combine(RepositoryFolder, "refs"));
        Directory.CreateDirectory(Path.Combine(RepositoryFolder, ".no_exist", Hub.Commit));
        File.WriteAllText(Path.Combine(RepositoryFolder, "refs", "main"), Hub.Commit);
        File.WriteAllText(Path.Combine(RepositoryFolder, ".no_exist", Hub.Commit, "added_tokens.json"), "");
        foreach (var name in names)
        {
            File.WriteAllBytes(Path.Combine(RepositoryFolder, "blobs", Hub.Hash(name)), Hub.Files[name]);
            var pointer = Path.Combine(Snapshot, name);
            Directory.CreateDirectory(Path.GetDirectoryName(pointer)!);
            if (OperatingSystem.IsWindows())
                File.WriteAllBytes(pointer, Hub.Files[name]);
            else
                File.CreateSymbolicLink(pointer, Path.GetRelativePath(Path.GetDirectoryName(pointer)!, Path.Combine(RepositoryFolder, "blobs", Hub.Hash(name))));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Resolve_CacheOfPython_IsFoundWithoutAnyRequest(bool isOffline)
    {
        LayAsPythonDoes("config.json", "tokenizer.json", "vocab.txt", "1_Pooling/config.json", "model.safetensors");
        var settings = isOffline ? Offline : Settings;
        Assert.Equal(Snapshot, Resolve(settings));
        Assert.Equal(Snapshot, Resolve(settings, revision: Hub.Commit));
        Assert.Empty(Hub.HubRequests);
    }

    [Fact]
    public void Resolve_CacheOfPythonWithoutTokenizer_IsCompletedButServesOffline()
    {
        LayAsPythonDoes("config.json", "model.safetensors");
        Assert.Equal(Snapshot, Resolve(Offline));
        AssertComplete(Resolve());
        Assert.Empty(Hub.StoreRequests);
    }

    [Fact]
    public void Resolve_CacheOfPythonWithPickle_FetchesSafetensorsBeside()
    {
        LayAsPythonDoes("config.json", "tokenizer.json", "pytorch_model.bin");
        var e = Assert.Throws<FileNotFoundException>(() => Resolve(Offline));
        Assert.Contains("without model.safetensors", e.Message, StringComparison.Ordinal);
        AssertComplete(Resolve());
    }

    [Fact]
    public void Resolve_DeletedBlob_IsNotTakenForAFile()
    {
        if (OperatingSystem.IsWindows())
            return; // links need developer mode there
        LayAsPythonDoes("config.json", "tokenizer.json", "model.safetensors");
        File.Delete(Path.Combine(RepositoryFolder, "blobs", Hub.Hash("model.safetensors")));
        Assert.Throws<FileNotFoundException>(() => Resolve(Offline));
        AssertComplete(Resolve());
    }

    [Fact]
    public void Resolve_TruncatedBlob_IsFetchedAgain()
    {
        LayAsPythonDoes("config.json", "model.safetensors");
        File.WriteAllBytes(Path.Combine(RepositoryFolder, "blobs", Hub.Hash("model.safetensors")), [1, 2, 3]);
        if (OperatingSystem.IsWindows())
            File.WriteAllBytes(Path.Combine(Snapshot, "model.safetensors"), [1, 2, 3]);
        AssertComplete(Resolve());
    }

    [Fact]
    public void Resolve_OfflineWithoutCache_SaysWhereItLookedAndWhatToDo()
    {
        var e = Assert.Throws<FileNotFoundException>(() => Resolve(Offline));
        foreach (var part in new[] { FakeHub.Repository, RepositoryFolder, "HF_HUB_OFFLINE", "Checkpoint.FromFolder" })
            Assert.Contains(part, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Resolve_OfflineWithAnotherRevision_NamesThoseThatAreThere()
    {
        LayAsPythonDoes("config.json", "model.safetensors");
        Assert.Contains("'main'", Assert.Throws<FileNotFoundException>(() => Resolve(Offline, revision: "v2")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Resolve_ReferenceThatEscapes_IsNotFollowed()
    {
        LayAsPythonDoes("config.json", "model.safetensors");
        File.WriteAllText(Path.Combine(RepositoryFolder, "refs", "main"), "../../../elsewhere");
        Assert.Throws<FileNotFoundException>(() => Resolve(Offline));
    }

    [Fact]
    public void Resolve_ReadOnlyCacheThatIsComplete_IsNotWrittenTo()
    {
        LayAsPythonDoes("config.json", "tokenizer.json", "model.safetensors");
        var before = Directory.GetFileSystemEntries(Cache, "*", SearchOption.AllDirectories).Order().ToArray();
        Resolve();
        Assert.Equal(before, Directory.GetFileSystemEntries(Cache, "*", SearchOption.AllDirectories).Order());
    }
}
