using System.Text;
using Microsoft.ML.Eva.Backbones;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Backbones;

/// <summary>Random damage to sound folders ends in clean exceptions: never a crash, a hang or memory out of proportion.</summary>
[Trait("Category", "Fixtures")]
public sealed class FolderMutationTests
{
    private static readonly int Count = Environment.GetEnvironmentVariable("EVA_SLOW") == "1" ? 10_000 : 300;

    private static readonly string[] Values =
        ["null", "-1", "0", "1", "2147483647", "9223372036854775808", "1e308", "-1e-308", "\"\"", "\"x\"", "[]", "{}", "true", "[[[[[[[[[[[[]]]]]]]]]]]]", "1.5"];

    [Fact]
    public void Read_DamagedWeights_ThrowsCleanlyOrLoads() => Damage("model.safetensors", MutateBytes);

    [Fact]
    public void Read_DamagedConfig_ThrowsCleanlyOrLoads()
    {
        foreach (var family in (string[])["deberta-v2", "modernbert", "gpt2"])
            Damage("config.json", MutateJson, Fixture.PathTo("models", family, "base"), Count / 6);
        Damage("config.json", MutateJson, count: Count / 2);
    }

    private static void Damage(string file, Func<byte[], Random, byte[]> mutate, string? source = null, int? count = null)
    {
        source ??= Fixture.PathTo("invalid", "control");
        var sound = File.ReadAllBytes(Path.Combine(source, file));
        var folder = Directory.CreateTempSubdirectory("eva-");
        try
        {
            foreach (var other in (string[])["config.json", "model.safetensors"])
                File.Copy(Path.Combine(source, other), Path.Combine(folder.FullName, other));
            for (var i = 0; i < (count ?? Count); i++)
            {
                var damaged = mutate(sound, new Random(i));
                File.WriteAllBytes(Path.Combine(folder.FullName, file), damaged);
                var before = GC.GetAllocatedBytesForCurrentThread();
                Attempt(folder.FullName, i);
                var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
                Assert.True(allocated < 4 * sound.Length + 4_000_000, $"mutation {i}: {allocated} bytes for {damaged.Length}");
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Attempt(string folder, int mutation)
    {
        CheckpointContent? content = null;
        try
        {
            using var generator = new Generator(1);
            content = CheckpointFolder.Read(folder, CPU);
            NetworkFactory.Create(content, HeadKind.Mean, 3, generator).Dispose();
        }
        catch (InvalidDataException e)
        {
            Assert.InRange(e.Message.Length, 1, 1_000_000);
        }
        catch (Exception e)
        {
            Assert.Fail($"mutation {mutation}: {e}");
        }
        finally
        {
            content?.Release();
        }
    }

    // Half of the damage is to the header, where the meaning is.
    private static byte[] MutateBytes(byte[] sound, Random random)
    {
        var bytes = sound.ToArray();
        var header = 8 + (int)Math.Min(BitConverter.ToUInt64(sound), (ulong)sound.Length - 8);
        switch (random.Next(4))
        {
            case 0:
                return bytes[..random.Next(bytes.Length)];
            case 1:
                return [.. bytes, .. new byte[random.Next(1, 5000)]];
            default:
                for (var n = random.Next(1, 6); n > 0; n--)
                    bytes[random.Next(random.Next(2) == 0 ? header : bytes.Length)] = (byte)(random.Next(2) == 0 ? random.Next(256) : "0123456789[]{}\",:"[random.Next(17)]);
                return bytes;
        }
    }

    private static byte[] MutateJson(byte[] sound, Random random)
    {
        if (random.Next(3) == 0)
            return MutateAnywhere(sound, random);
        var lines = Encoding.UTF8.GetString(sound).Split('\n');
        for (var n = random.Next(1, 4); n > 0; n--)
        {
            var at = random.Next(lines.Length);
            var colon = lines[at].IndexOf(": ", StringComparison.Ordinal);
            if (colon > 0)
                lines[at] = $"{lines[at][..colon]}: {Values[random.Next(Values.Length)]}{(lines[at].EndsWith(',') ? "," : "")}";
        }
        return Encoding.UTF8.GetBytes(string.Join('\n', lines));
    }

    private static byte[] MutateAnywhere(byte[] sound, Random random)
    {
        var bytes = sound.ToArray();
        for (var n = random.Next(1, 6); n > 0; n--)
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        return random.Next(4) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
    }
}
