using System.Net;
using Microsoft.ML.Eva.Hub;

namespace Microsoft.ML.Eva.Tests.Hub;

/// <summary>What cannot work says what, where and what to do.</summary>
public sealed class HubFailureTests : HubFixture
{
    private static void AssertMentions(Exception e, params string[] parts)
    {
        foreach (var part in parts)
            Assert.Contains(part, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(401, "RepoNotFound", null, "HF_TOKEN")]
    [InlineData(401, null, null, "HF_TOKEN")]
    [InlineData(401, null, "hf_secret", "the access token may not read it")]
    [InlineData(403, null, "hf_secret", "the access token may not read it")]
    [InlineData(404, "RepoNotFound", null, "Check the spelling")]
    [InlineData(404, null, null, "Check the spelling")]
    [InlineData(404, "RevisionNotFound", null, "has no revision 'main'")]
    public void Resolve_ListingRefused_SaysWhatToDo(int status, string? code, string? token, string advice)
    {
        Hub.InterceptHub = _ => FakeHub.Error(status, code, "said by the hub");
        var e = Assert.Throws<HubRequestException>(() => Resolve(Settings with { Token = token }));
        AssertMentions(e, FakeHub.Repository, advice, "said by the hub");
        Assert.DoesNotContain("hf_secret", e.Message, StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode)status, e.StatusCode);
        Assert.Single(Hub.HubRequests);
    }

    [Theory]
    [InlineData(401, null, "set HF_TOKEN")]
    [InlineData(403, "hf_secret", "HF_TOKEN is a token of that account")]
    public void Resolve_GatedFile_SaysThatTermsMustBeAccepted(int status, string? token, string advice)
    {
        // As on the real hub: the listing is public, the files are not.
        Hub.InterceptHub = r => r.Method == "HEAD" ? FakeHub.Error(status, "GatedRepo") : null;
        var e = Assert.Throws<HubRequestException>(() => Resolve(Settings with { Token = token }));
        AssertMentions(e, FakeHub.Repository, "config.json", "gated", $"Accept them at {Hub.Address}{FakeHub.Repository}", advice);
    }

    [Fact]
    public void Resolve_FileGone_NamesIt()
    {
        Hub.InterceptHub = r => r.Path.EndsWith("vocab.txt", StringComparison.Ordinal) ? FakeHub.Error(404, "EntryNotFound") : null;
        AssertMentions(Assert.Throws<HubRequestException>(() => Resolve()), "vocab.txt", FakeHub.Repository, "does not exist");
    }

    [Fact]
    public void Resolve_UnknownRevisionAndRepository_AreToldApart()
    {
        AssertMentions(Assert.Throws<HubRequestException>(() => Resolve(revision: "v9")), "no revision 'v9'", "main");
        AssertMentions(Assert.Throws<HubRequestException>(() => Resolve(repository: "org/other")), "org/other", "Check the spelling");
    }

    [Fact]
    public void Resolve_HostileErrorMessage_IsShortenedAndStripped()
    {
        Hub.InterceptHub = _ => FakeHub.Error(404, "RepoNotFound", new string('x', 5000) + "\u0007");
        Assert.InRange(Assert.Throws<HubRequestException>(() => Resolve()).Message.Length, 1, 700);
    }

    [Fact]
    public void Resolve_NobodyListens_NamesTheAddressAndTheWayWithoutNetwork()
    {
        var e = Assert.Throws<HubRequestException>(() => Resolve(Settings with { Endpoint = new Uri("http://127.0.0.1:1/") }));
        AssertMentions(e, "http://127.0.0.1:1/", "HF_ENDPOINT", "Checkpoint.FromFolder", "HF_HUB_OFFLINE=1", FakeHub.Repository);
    }

    [Fact]
    public void Resolve_OnlyPickles_NamesThemAndWaysOut()
    {
        Hub.Files.Remove("model.safetensors");
        var e = Assert.Throws<InvalidDataException>(() => Resolve());
        AssertMentions(e, "pytorch_model.bin", "refs/pr/1", "safe_serialization", FakeHub.Repository);
        Assert.Single(Hub.HubRequests);
    }

    [Fact]
    public void Resolve_NoWeightsOrConfiguration_SaysSo()
    {
        Hub.Files.Remove("model.safetensors");
        Hub.Files.Remove("pytorch_model.bin");
        AssertMentions(Assert.Throws<InvalidDataException>(() => Resolve()), "has no weights (model.safetensors)");
        Hub.Files.Remove("config.json");
        AssertMentions(Assert.Throws<InvalidDataException>(() => Resolve()), "has no config.json");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Resolve_MoreThanTheLimit_IsRefusedBeforeAnythingIsDownloaded(bool listsDetails)
    {
        Hub.ListsDetails = listsDetails;
        var e = Assert.Throws<InvalidDataException>(() => Resolve(options: new HubOptions { MaxDownloadBytes = 300_000 }));
        AssertMentions(e, "HubOptions.MaxDownloadBytes", "300000", FakeHub.Repository);
        Assert.False(Directory.Exists(Cache));
    }

    [Theory]
    [InlineData("../evil.json")]
    [InlineData("a/../../evil")]
    [InlineData("/etc/evil")]
    [InlineData("C:evil")]
    [InlineData("a\\..\\evil")]
    [InlineData("a//b")]
    [InlineData("a/./b")]
    [InlineData("a\nb")]
    public void Resolve_ListingThatEscapes_IsRefused(string name)
    {
        Hub.Files[name] = [1];
        AssertMentions(Assert.Throws<InvalidDataException>(() => Resolve()), "outside the repository", FakeHub.Repository);
        Assert.False(Directory.Exists(Cache));
    }

    [Theory]
    [InlineData("\"../x.safetensors\"")]
    [InlineData("\"/x.safetensors\"")]
    [InlineData("\"a\\\\x.safetensors\"")]
    [InlineData("\"sub/x.safetensors\"")]
    [InlineData("\"x.bin\"")]
    [InlineData("7")]
    public void Resolve_IndexThatNamesOtherFiles_IsRefused(string shard)
    {
        Hub.Files.Remove("model.safetensors");
        Hub.Files["model.safetensors.index.json"] = System.Text.Encoding.UTF8.GetBytes("""{"weight_map":{"encoder.weight":""" + shard + "}}");
        var e = Assert.Throws<InvalidDataException>(() => Resolve());
        AssertMentions(e, "model.safetensors.index.json", "encoder.weight", FakeHub.Repository);
        Assert.Empty(Hub.StoreRequests);
    }

    [Fact]
    public void Resolve_IndexWithMissingShard_NamesIt()
    {
        Hub.Files.Remove("model.safetensors");
        Hub.Files["model.safetensors.index.json"] = """{"weight_map":{"a":"model-00001-of-00001.safetensors"}}"""u8.ToArray();
        AssertMentions(Assert.Throws<InvalidDataException>(() => Resolve()), "model-00001-of-00001.safetensors");
    }

    [Theory]
    [InlineData("md5", "checksum")]
    [InlineData("../../x", "checksum")]
    [InlineData("", "checksum")]
    public void Resolve_ETagThatIsNoHash_IsRefused(string tag, string part)
    {
        Hub.ListsDetails = false;
        Hub.InterceptHub = r => r.Method == "HEAD" ? new FakeResponse(200, new() { ["ETag"] = $"\"{tag}\"" }, [1]) : null;
        AssertMentions(Assert.Throws<InvalidDataException>(() => Resolve()), part, "config.json");
    }

    [Fact]
    public void Resolve_HubServesAnotherCommit_IsRefused()
    {
        Hub.InterceptHub = r => r.Method == "HEAD" ? new FakeResponse(200, new() { ["X-Repo-Commit"] = new string('c', 40) }) : null;
        AssertMentions(Assert.Throws<InvalidDataException>(() => Resolve()), new string('c', 40), Hub.Commit);
    }

    [Theory]
    [InlineData("<html>login</html>")]
    [InlineData("[]")]
    [InlineData("""{"sha":"../..","siblings":[]}""")]
    [InlineData("""{"sha":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","siblings":[{}]}""")]
    public void Resolve_AnswerIsNoListing_IsRefused(string body)
    {
        Hub.InterceptHub = _ => new FakeResponse(200, [], System.Text.Encoding.UTF8.GetBytes(body));
        AssertMentions(Assert.Throws<InvalidDataException>(() => Resolve()), "listing", FakeHub.Repository);
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("a/b/c")]
    [InlineData("/a")]
    [InlineData("C:\\models")]
    [InlineData("a--b")]
    [InlineData("a..b")]
    [InlineData("a b")]
    [InlineData("")]
    [InlineData("a/b.git")]
    [InlineData("a/.b")]
    [InlineData("a/b?x")]
    public void Resolve_BadRepository_IsRefusedWithoutRequest(string repository)
    {
        AssertMentions(Assert.Throws<ArgumentException>(() => Resolve(repository: repository)), "organization/name");
        Assert.Empty(Hub.HubRequests);
    }

    [Theory]
    [InlineData("../main")]
    [InlineData("a/../b")]
    [InlineData("/main")]
    [InlineData("a\\b")]
    [InlineData("")]
    [InlineData("main?x=1")]
    [InlineData("a//b")]
    [InlineData("a.lock")]
    public void Resolve_BadRevision_IsRefusedWithoutRequest(string revision)
    {
        AssertMentions(Assert.Throws<ArgumentException>(() => Resolve(revision: revision)), "no revision");
        Assert.Empty(Hub.HubRequests);
    }

    [Fact]
    public void Resolve_CacheFolderIsAFile_NamesItAndTheVariable()
    {
        File.WriteAllText(Cache, "");
        AssertMentions(Assert.ThrowsAny<IOException>(() => Resolve()), Cache, "HF_HUB_CACHE");
    }

    [Fact]
    public void Resolve_DiskFull_NamesTheFileAndTheVariable()
    {
        if (!File.Exists("/dev/full"))
            return; // a device of Linux on which every write fails for want of space
        Directory.CreateDirectory(Path.GetDirectoryName(Incomplete)!);
        File.CreateSymbolicLink(Incomplete, "/dev/full");
        AssertMentions(Assert.ThrowsAny<IOException>(() => Resolve()), Incomplete, "HF_HUB_CACHE", "free space");
    }

    [Fact]
    public void Resolve_LargerThanTheDisk_IsRefusedBeforeTheTransfer()
    {
        Hub.InterceptHub = r => r.Method == "HEAD" && r.Path.EndsWith(".safetensors", StringComparison.Ordinal)
            ? new FakeResponse(302, new() { ["X-Linked-ETag"] = new string('d', 64), ["X-Linked-Size"] = $"{long.MaxValue / 2}", ["Location"] = "http://127.0.0.1:1/x" }) : null;
        AssertMentions(Assert.ThrowsAny<IOException>(() => Resolve(options: new HubOptions { MaxDownloadBytes = long.MaxValue })), "free", "HF_HUB_CACHE");
        Assert.Equal(0, Hub.Downloads("config.json"));
    }
}
