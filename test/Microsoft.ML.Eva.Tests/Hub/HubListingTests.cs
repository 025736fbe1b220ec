using System.Text;
using Microsoft.ML.Eva.Hub;

namespace Microsoft.ML.Eva.Tests.Hub;

public sealed class HubListingTests : IDisposable
{
    private const string Listing = """
        {"_id":"1","id":"org/tiny","sha":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","gated":false,"siblings":[
        {"rfilename":".gitattributes","size":10,"blobId":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"},
        {"rfilename":"config.json"},
        {"rfilename":"model.safetensors","size":300,"blobId":"cccccccccccccccccccccccccccccccccccccccc",
         "lfs":{"sha256":"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd","size":300,"pointerSize":130}},
        {"rfilename":"1_Pooling/config.json","size":5,"blobId":"no hash"}]}
        """;

    private const string Index = """{"metadata":{"total_size":10},"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}""";

    private static readonly HubTarget _target = new("org/tiny", "main");
    private static readonly string[] _pieces =
        ["\"", "{", "}", "[", "]", ":", ",", "null", "true", "-1", "1e400", "\\ud800", "\\u0000", "../", "/", "\\\\", "\"sha\"", "\"siblings\"", "\"rfilename\"", "\"lfs\"", "\"weight_map\"", "99999999999999999999", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["];

    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void Parse_Listing_TakesHashOfTheContentNotOfThePointer()
    {
        var listing = HubListing.Parse(Encoding.UTF8.GetBytes(Listing), _target);
        Assert.Equal(new string('a', 40), listing.Commit);
        Assert.Equal(new ListedFile("model.safetensors", 300, Checksum.Parse(new string('d', 64))), listing.Files["model.safetensors"]);
        Assert.Equal(new ListedFile(".gitattributes", 10, Checksum.Parse(new string('b', 40))), listing.Files[".gitattributes"]);
        Assert.Equal(new ListedFile("config.json", null, null), listing.Files["config.json"]);
        Assert.Equal(new ListedFile("1_Pooling/config.json", 5, null), listing.Files["1_Pooling/config.json"]);
    }

    [Fact]
    public void Parse_TenThousandMutations_GiveAListingInsideOrACleanException()
    {
        var source = Encoding.UTF8.GetBytes(Listing);
        var random = new Random(20250101);
        var accepted = 0;
        for (var i = 0; i < 10_000; i++)
        {
            var mutant = Mutate(source, random);
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                var listing = HubListing.Parse(mutant, _target);
                accepted++;
                Assert.True(HubNames.IsCommit(listing.Commit));
                Assert.All(listing.Files.Keys, name => Assert.True(HubNames.IsInside(name)));
            }
            catch (InvalidDataException e)
            {
                Assert.Contains("org/tiny", e.Message, StringComparison.Ordinal);
            }
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 * mutant.Length + (1 << 16));
        }
        Assert.InRange(accepted, 1, 9_999);
    }

    [Fact]
    public void ReadShards_TwoThousandMutations_GiveShardNamesOrACleanException()
    {
        var source = Encoding.UTF8.GetBytes(Index);
        var random = new Random(20250102);
        var accepted = 0;
        for (var i = 0; i < 2_000; i++)
        {
            File.WriteAllBytes(_file, Mutate(source, random));
            try
            {
                Assert.All(ShardIndex.ReadShards(_file, _target), name => Assert.True(HubNames.IsShard(name)));
                accepted++;
            }
            catch (InvalidDataException e)
            {
                Assert.Contains("org/tiny", e.Message, StringComparison.Ordinal);
            }
        }
        Assert.InRange(accepted, 1, 1_999);
    }

    [Fact]
    public void ReadShards_Index_NamesEachShardOnce()
    {
        File.WriteAllText(_file, Index);
        Assert.Equal(["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"], ShardIndex.ReadShards(_file, _target));
    }

    [Theory]
    [InlineData("\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("W/\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"", null)]
    [InlineData("\"../aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"", null)]
    [InlineData(null, null)]
    public void Parse_ETag_IsAHashOrNothing(string? tag, string? expected) => Assert.Equal(expected, Checksum.Parse(tag)?.Hexadecimal);

    [Theory]
    [InlineData("e69de29bb2d1d6434b8b29ae775ad8c2e48c5391", "")] // git hash-object of an empty file
    [InlineData("ce013625030ba8dba906f756967f9e9ca394464a", "hello\n")]
    [InlineData("5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03", "hello\n")]
    public async Task MatchesAsync_KnownHashes_Agree(string hash, string content)
    {
        using var stream = new MemoryStream(Encoding.ASCII.GetBytes(content));
        Assert.True(await Checksum.Parse(hash)!.MatchesAsync(stream, default));
        using var other = new MemoryStream(Encoding.ASCII.GetBytes(content + "x"));
        Assert.False(await Checksum.Parse(hash)!.MatchesAsync(other, default));
    }

    private static byte[] Mutate(byte[] source, Random random)
    {
        var bytes = new List<byte>(source);
        for (var changes = random.Next(1, 4); changes > 0; changes--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 20), bytes.Count - at - 1));
                    break;
                case 2:
                    bytes.InsertRange(at, Encoding.ASCII.GetBytes(_pieces[random.Next(_pieces.Length)]));
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 80), bytes.Count - at)));
                    break;
                default:
                    bytes.RemoveRange(at, bytes.Count - at - (at > 0 ? 0 : 1));
                    break;
            }
            if (bytes.Count == 0)
                bytes.Add((byte)'{');
        }
        return [.. bytes];
    }
}
