using System.Buffers.Binary;
using System.Text;

namespace Microsoft.ML.Eva.Tests.Persistence;

/// <summary>Model files that claim more than they hold are refused before memory is taken.</summary>
public sealed class ForgedModelTests
{
    [Theory]
    [InlineData("outputs", "2147483647", "classifier.weight")]
    [InlineData("outputs", "3", "classifier.weight")]
    [InlineData("max_tokens", "2147483647", "tokens")]
    [InlineData("max_tokens", "0", "tokens")]
    [InlineData("format", "2", "format 2")]
    [InlineData("weights", "\"float8\"", "manifest.json")]
    [InlineData("files", "[\"a\", \"b\", \"c\", \"d\", \"e\", \"f\", \"g\", \"h\"]", "file.")]
    public void Load_ManifestThatClaimsTooMuch_NamesIt(string key, string value, string named)
    {
        var e = Refused("manifest.json", json =>
        {
            var text = Encoding.UTF8.GetString(json);
            var start = text.IndexOf($"\"{key}\": ", StringComparison.Ordinal) + key.Length + 4;
            var end = text[start] == '[' ? text.IndexOf(']', start) + 1 : text.IndexOfAny([',', '\n'], start);
            return Encoding.UTF8.GetBytes(text[..start] + value + text[end..]);
        });

        Assert.Contains(named, e.Message);
    }

    [Theory]
    [InlineData(0, long.MaxValue)]
    [InlineData(0, -1)]
    [InlineData(8, 90_000_000)]
    [InlineData(8, long.MaxValue)]
    public void Load_WeightsThatClaimTooMuch_AreRefusedWithoutTheMemory(int offset, long claimed)
    {
        Refused("labels.json", _ => []);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var e = Refused("weights.safetensors", weights =>
        {
            weights = [.. weights];
            BinaryPrimitives.WriteInt64LittleEndian(weights.AsSpan(offset), claimed);
            return weights;
        });

        Assert.Contains("weights.safetensors", e.Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 20_000_000);
    }

    [Theory]
    [InlineData("""{"Type":"Text","Values":["a","b"]}""")]
    [InlineData("""{"type":"Text","values":["a",null]}""")]
    [InlineData("""{"type":"Text","values":["a","b","c"]}""")]
    [InlineData("""{"type":"Int32","values":["1","x"]}""")]
    [InlineData("""{"type":"Int32","values":["1","99999999999"]}""")]
    [InlineData("""{"type":"Tensor","values":["1","2"]}""")]
    [InlineData("[")]
    public void Load_BrokenLabels_AreRefused(string labels) => Refused("labels.json", _ => Encoding.UTF8.GetBytes(labels));

    private static InvalidDataException Refused(string entry, Func<byte[], byte[]> forge)
    {
        var entries = SavedModel.Unzip(SavedModel.Bytes);
        var name = entries.Keys.Single(key => key.EndsWith(entry, StringComparison.Ordinal));
        entries[name] = forge(entries[name]);
        var e = Record.Exception(() => new MLContext().Model.Load(new MemoryStream(SavedModel.Zip(entries)), out _));
        return Assert.IsType<InvalidDataException>(e is System.Reflection.TargetInvocationException { InnerException: { } inner } ? inner : e);
    }
}
