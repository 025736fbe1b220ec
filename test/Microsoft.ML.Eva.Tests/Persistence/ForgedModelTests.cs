using System.Buffers.Binary;
using System.Text;

namespace Microsoft.ML.Eva.Tests.Persistence;

/// <summary>Model files that claim more than they hold are refused before memory is taken.</summary>
public sealed class ForgedModelTests
{
    [Theory]
    [InlineData("outputs", "2147483647", "2 classes for 2147483647 outputs")]
    [InlineData("outputs", "3", "2 classes for 3 outputs")]
    [InlineData("max_tokens", "2147483647", "tokens")]
    [InlineData("max_tokens", "0", "tokens")]
    [InlineData("format", "2", "format 2")]
    [InlineData("weights", "\"float8\"", "manifest.json")]
    [InlineData("files", "[\"a\", \"b\", \"c\", \"d\", \"e\", \"f\", \"g\", \"h\"]", "file.")]
    public void Load_ManifestThatClaimsTooMuch_NamesIt(string key, string value, string named)
    {
        var e = Refused(("manifest.json", json => WithValue(json, key, value)));

        Assert.Contains(named, e.Message);
    }

    [Fact]
    public void Load_MoreOutputsAndClassesThanTheWeightsHave_NamesTheWeights()
    {
        var e = Refused(
            ("manifest.json", json => WithValue(json, "outputs", "3")),
            ("labels.json", _ => """{"type":"String","values":["a","b","c"]}"""u8.ToArray()));

        Assert.Contains("classifier.weight", e.Message);
    }

    [Theory]
    [InlineData(0, long.MaxValue)]
    [InlineData(0, -1)]
    [InlineData(8, 90_000_000)]
    [InlineData(8, long.MaxValue)]
    public void Load_WeightsThatClaimTooMuch_AreRefusedWithoutTheMemory(int offset, long claimed)
    {
        Refused(("labels.json", _ => []));
        var before = GC.GetAllocatedBytesForCurrentThread();

        var e = Refused(("weights.safetensors", weights =>
        {
            weights = [.. weights];
            BinaryPrimitives.WriteInt64LittleEndian(weights.AsSpan(offset), claimed);
            return weights;
        }));

        Assert.Contains("weights.safetensors", e.Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 20_000_000);
    }

    [Theory]
    [InlineData("""{"Type":"String","values":["a","b"]}""", "labels.json")]
    [InlineData("""{"type":"String","values":["a",null]}""", "labels.json is empty")]
    [InlineData("""{"type":"String","values":["a","b","c"]}""", "3 classes for 2 outputs")]
    [InlineData("""{"type":"Int32","values":["1","x"]}""", "labels.json")]
    [InlineData("""{"type":"Int32","values":["1","99999999999"]}""", "labels.json")]
    [InlineData("""{"type":"Tensor","values":["1","2"]}""", "unknown type")]
    [InlineData("[", "labels.json")]
    public void Load_BrokenLabels_NamesThem(string labels, string named) => Assert.Contains(named, Refused(("labels.json", _ => Encoding.UTF8.GetBytes(labels))).Message);

    private static byte[] WithValue(byte[] json, string key, string value)
    {
        var text = Encoding.UTF8.GetString(json);
        var start = text.IndexOf($"\"{key}\": ", StringComparison.Ordinal) + key.Length + 4;
        var end = text[start] == '[' ? text.IndexOf(']', start) + 1 : text.IndexOfAny([',', '\n'], start);
        return Encoding.UTF8.GetBytes(text[..start] + value + text[end..]);
    }

    private static InvalidDataException Refused(params IReadOnlyList<(string Entry, Func<byte[], byte[]> Forge)> forgeries)
    {
        var entries = SavedModel.Unzip(SavedModel.Bytes);
        foreach (var (entry, forge) in forgeries)
        {
            var name = entries.Keys.Single(key => key.EndsWith(entry, StringComparison.Ordinal));
            entries[name] = forge(entries[name]);
        }
        var e = Record.Exception(() => new MLContext().Model.Load(new MemoryStream(SavedModel.Zip(entries)), out _));
        return Assert.IsType<InvalidDataException>(e is System.Reflection.TargetInvocationException { InnerException: { } inner } ? inner : e);
    }
}
