using System.Text;

namespace Microsoft.ML.Eva.Tests.Data.Tokenization;

[Trait("Category", "Fixtures")]
public class TokenizerFuzzTests
{
    private static readonly string[] Tokens =
        ["{", "}", "[", "]", "null", "-1", "1e999", "99999999999", "\"\"", "true", ",", ":", "\\ud800", "\"type\"", "\0", "0", "[[[[", "\u00FF"];

    public static TheoryData<string> Folders => [.. TokenizerFixture.Folders];

    [Theory]
    [MemberData(nameof(Folders))]
    public void Create_MutatedFiles_ThrowsNothingButInvalidData(string folder)
    {
        var random = new Random(11);
        var files = TokenizerFixture.Files(folder);
        var mutable = files.Keys.Where(f => f != "config.json").Order(StringComparer.Ordinal).ToArray();
        // Ten thousand over all folders in the long run.
        var (count, refused) = (Environment.GetEnvironmentVariable("EVA_SLOW") == "1" ? 10_000 / Folders.Count : 120, 0);
        for (var i = 0; i < count; i++)
        {
            var mutated = new Dictionary<string, byte[]>(files);
            if (i % 2 == 1)
                mutated.Remove("tokenizer.json");
            var file = mutable[random.Next(mutable.Length)];
            if (mutated.ContainsKey(file))
                mutated[file] = Mutate(mutated[file], random);
            try
            {
                var row = TokenizerFixture.Create(mutated).Encode("The [MASK] isn't \u00E9\u4E2D \ud83d.", "e\u0301 <s>", 16);
                Assert.True(row.Ids.Length > 0);
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }
        Assert.InRange(refused, 1, count - 1);
    }

    private static byte[] Mutate(byte[] bytes, Random random)
    {
        var position = random.Next(bytes.Length);
        switch (random.Next(5))
        {
            case 0:
                return bytes[..position];
            case 1:
                bytes = [.. bytes];
                bytes[position] = (byte)random.Next(256);
                return bytes;
            case 2:
                var end = Math.Min(bytes.Length, position + random.Next(1, 40));
                return [.. bytes[..position], .. bytes[end..]];
            case 3:
                var token = Encoding.UTF8.GetBytes(Tokens[random.Next(Tokens.Length)]);
                return [.. bytes[..position], .. token, .. bytes[position..]];
            default:
                return MutateEarly(bytes, random);
        }
    }

    /// <summary>Replaces a value in the settings, which lie before and after the long vocabulary.</summary>
    private static byte[] MutateEarly(byte[] bytes, Random random)
    {
        var text = Encoding.UTF8.GetString(bytes);
        var from = random.Next(2) == 0 ? random.Next(Math.Min(text.Length, 2000)) : random.Next(text.Length);
        var start = text.IndexOf(": ", from, StringComparison.Ordinal);
        if (start < 0)
            return bytes;
        var end = text.IndexOfAny([',', '}', '\n'], start);
        return end < 0 ? bytes : Encoding.UTF8.GetBytes(text[..(start + 2)] + Tokens[random.Next(Tokens.Length)] + text[end..]);
    }
}
