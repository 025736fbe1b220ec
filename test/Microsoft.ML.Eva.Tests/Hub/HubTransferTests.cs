using System.Net;
using Microsoft.ML.Eva.Hub;

namespace Microsoft.ML.Eva.Tests.Hub;

/// <summary>Transfers that break, lie, stall or are cancelled.</summary>
public sealed class HubTransferTests : HubFixture
{
    private static string? RangeOf(FakeRequest request) => request.Headers.GetValueOrDefault("range");

    [Fact]
    public void Resolve_BrokenTransfer_IsResumedWhereItBroke()
    {
        var transfers = 0;
        Hub.InterceptStore = (request, content) => transfers++ < 2 ? Hub.Ranged(request, content, []) with { BreakAfter = 100_000 } : null;

        AssertComplete(Resolve());

        var ranges = Hub.StoreRequests.Select(RangeOf).ToArray();
        Assert.Equal(3, ranges.Length);
        Assert.Null(ranges[0]);
        Assert.All(ranges[1..], range => Assert.StartsWith("bytes=", range, StringComparison.Ordinal));
        Assert.Equal("bytes=200000-", ranges[2]);
    }

    [Fact]
    public void Resolve_EndWithoutLength_IsSeenAsBroken()
    {
        var transfers = 0;
        Hub.InterceptStore = (request, content) => transfers++ == 0 ? new FakeResponse(200, [], content, BreakAfter: 50_000, Length: -1) : null;
        AssertComplete(Resolve());
        Assert.Equal("bytes=50000-", RangeOf(Hub.StoreRequests.Last()));
    }

    [Fact]
    public void Resolve_ServerWithoutRange_StartsAgain()
    {
        Hub.SupportsRange = false;
        var transfers = 0;
        Hub.InterceptStore = (request, content) => transfers++ == 0 ? new FakeResponse(200, [], content, BreakAfter: 100_000) : null;
        AssertComplete(Resolve());
        Assert.Equal(2, transfers);
    }

    [Theory]
    [InlineData(416, null)]
    [InlineData(206, "bytes 5-299999/300000")]
    public void Resolve_RangeNotServed_StartsAgainWithoutOne(int status, string? range)
    {
        LeaveIncomplete(1000);
        Hub.InterceptStore = (request, content) => RangeOf(request) is null ? null
            : new FakeResponse(status, range is null ? [] : new() { ["Content-Range"] = range }, content[5..]);
        AssertComplete(Resolve());
        Assert.Null(RangeOf(Hub.StoreRequests.Last()));
    }

    [Fact]
    public void Resolve_AlwaysBroken_GivesUpWithinBoundsAndKeepsWhatCame()
    {
        Hub.InterceptStore = (request, content) => Hub.Ranged(request, content, []) with { BreakAfter = 1000 };
        var e = Assert.Throws<HubRequestException>(() => Resolve());
        Assert.Contains("model.safetensors", e.Message, StringComparison.Ordinal);
        Assert.Contains("of 300000 bytes", e.Message, StringComparison.Ordinal);
        Assert.Contains("5 attempts", e.Message, StringComparison.Ordinal);
        Assert.Equal(5, Hub.StoreRequests.Count);
        Assert.Equal(5000, new FileInfo(Incomplete).Length);

        Hub.InterceptStore = (_, _) => null;
        AssertComplete(Resolve());
        Assert.Equal("bytes=5000-", RangeOf(Hub.StoreRequests.Last()));
    }

    [Fact]
    public void Resolve_IncompleteOfAnotherRun_IsResumed()
    {
        LeaveIncomplete(299_000);
        AssertComplete(Resolve());
        Assert.Equal(["bytes=299000-"], Hub.StoreRequests.Select(RangeOf));
    }

    [Theory]
    [InlineData(300_000)]
    [InlineData(150_000)]
    [InlineData(400_000)]
    public void Resolve_SpoiltIncomplete_IsThrownAwayOnce(int length)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Incomplete)!);
        File.WriteAllBytes(Incomplete, new byte[length]);
        AssertComplete(Resolve());
        Assert.Null(RangeOf(Hub.StoreRequests.Last()));
    }

    [Fact]
    public void Resolve_WholeIncomplete_IsNotFetchedAgain()
    {
        LeaveIncomplete(300_000);
        AssertComplete(Resolve());
        Assert.Empty(Hub.StoreRequests);
    }

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("vocab.txt")]
    public void Resolve_WrongChecksum_IsRefusedAndRemoved(string name)
    {
        FakeResponse Spoil(byte[] content) => new(200, [], [.. content.Select(b => (byte)(b ^ 1))]);
        Hub.InterceptStore = (_, content) => Hub.Files[name] == content ? Spoil(content) : null;
        Hub.InterceptHub = r => r.Method == "GET" && r.Path.EndsWith(name, StringComparison.Ordinal) && !Hub.IsLarge(name) ? Spoil(Hub.Files[name]) : null;

        var e = Assert.Throws<InvalidDataException>(() => Resolve());

        Assert.Contains(name, e.Message, StringComparison.Ordinal);
        Assert.Contains(FakeHub.Repository, e.Message, StringComparison.Ordinal);
        Assert.Contains("checksum", e.Message, StringComparison.Ordinal);
        var blob = Path.Combine(RepositoryFolder, "blobs", Hub.Hash(name));
        Assert.False(File.Exists(blob) || File.Exists(blob + ".incomplete"));
        Assert.False(File.Exists(Path.Combine(RepositoryFolder, "refs", "main")));
        Assert.False(File.Exists(Path.Combine(RepositoryFolder, "snapshots", Hub.Commit, name)));
        (Hub.InterceptStore, Hub.InterceptHub) = ((_, _) => null, _ => null);
        AssertComplete(Resolve());
    }

    [Theory]
    [InlineData(299_999, null)]
    [InlineData(300_001, null)]
    [InlineData(300_001, -1L)]
    public void Resolve_WrongLength_IsRefusedAndRemoved(int length, long? announced)
    {
        Hub.InterceptStore = (_, content) => new FakeResponse(200, [], [.. content.Concat(new byte[10]).Take(length)], Length: announced);
        var e = Assert.Throws<InvalidDataException>(() => Resolve());
        Assert.Contains("the hub announced 300000", e.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Incomplete));
    }

    [Fact]
    public async Task Resolve_Cancelled_LeavesWhatCanBeResumed()
    {
        using var cancellation = new CancellationTokenSource();
        var never = new TaskCompletionSource();
        Hub.InterceptStore = (request, content) => new FakeResponse(200, [], content, PauseAt: 200_000, Pause: never.Task);
        var resolving = ResolveAsync(cancellation.Token);
        await WaitUntilAsync(() => File.Exists(Incomplete) && new FileInfo(Incomplete).Length == 200_000);
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => resolving);
        Assert.Equal(200_000, new FileInfo(Incomplete).Length);
        Assert.False(File.Exists(Path.Combine(RepositoryFolder, "refs", "main")));
        Hub.InterceptStore = (_, _) => null;
        AssertComplete(Resolve());
        Assert.Equal("bytes=200000-", RangeOf(Hub.StoreRequests.Last()));
    }

    [Fact]
    public void Resolve_SilentTransfer_IsGivenUpAndResumed()
    {
        var never = new TaskCompletionSource();
        var transfers = 0;
        Hub.InterceptStore = (_, content) => transfers++ == 0 ? new FakeResponse(200, [], content, PauseAt: 1000, Pause: never.Task) : null;
        AssertComplete(Resolve(options: new HubOptions { Timeout = TimeSpan.FromSeconds(0.5) }));
        Assert.Equal("bytes=1000-", RangeOf(Hub.StoreRequests.Last()));
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    [InlineData(408)]
    public void Resolve_BusyHub_IsAskedAgain(int status)
    {
        var answers = 0;
        Hub.InterceptHub = _ => answers++ % 2 == 0 ? new FakeResponse(status, new() { ["Retry-After"] = "0" }) : null;
        AssertComplete(Resolve());
    }

    [Fact]
    public void Resolve_HubStaysBusy_GivesUpWithinBounds()
    {
        Hub.InterceptHub = _ => new FakeResponse(429);
        var e = Assert.Throws<HubRequestException>(() => Resolve());
        Assert.Equal(HttpStatusCode.TooManyRequests, e.StatusCode);
        Assert.Equal(5, Hub.HubRequests.Count);
        Assert.Contains("5 attempts", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Resolve_HubAsksForTooMuchPatience_GivesUpAtOnce()
    {
        Hub.InterceptHub = _ => new FakeResponse(429, new() { ["Retry-After"] = "3600" });
        Assert.Throws<HubRequestException>(() => Resolve());
        Assert.Single(Hub.HubRequests);
    }

    [Theory]
    [InlineData("http://other.test/x")]
    [InlineData("file:///etc/passwd")]
    [InlineData("ftp://other.test/x")]
    public void Next_LeavesHttps_IsRefused(string location) =>
        Assert.Throws<HubRequestException>(() => HubClient.Next(new Uri("https://hub.test/a"), new Uri(location), new HubTarget("org/tiny", "main")));

    [Fact]
    public void Next_RelativeLocation_StaysAtTheHub() =>
        Assert.Equal("https://hub.test/b", HubClient.Next(new Uri("https://hub.test/a"), new Uri("/b", UriKind.RelativeOrAbsolute), new HubTarget("org/tiny", "main")).ToString());

    [Fact]
    public void Resolve_Redirects_AreCounted()
    {
        Hub.InterceptHub = r => new FakeResponse(302, new() { ["Location"] = "/again" });
        var e = Assert.Throws<HubRequestException>(() => Resolve());
        Assert.Contains("redirects", e.Message, StringComparison.Ordinal);
        Assert.Equal(11, Hub.HubRequests.Count);
    }

    private void LeaveIncomplete(int length)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Incomplete)!);
        File.WriteAllBytes(Incomplete, Hub.Files["model.safetensors"][..length]);
    }
}
