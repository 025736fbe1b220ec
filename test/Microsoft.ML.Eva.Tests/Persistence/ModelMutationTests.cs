using System.Reflection;
using System.Text;
using Xunit.Abstractions;

namespace Microsoft.ML.Eva.Tests.Persistence;

/// <summary>Random damage to a saved model ends in clean exceptions: never a crash, a hang, a leak or memory out of proportion.</summary>
[Collection(nameof(TensorCounts))]
public sealed class ModelMutationTests(ITestOutputHelper output)
{
    private static readonly int Count = Environment.GetEnvironmentVariable("EVA_SLOW") == "1" ? 5_000 : 60;

    private static readonly string[] Ours = ["manifest.json", "config.json", "weights.safetensors", "labels.json", "report.json", "file."];

    private static readonly string[] Values =
        ["null", "-1", "0", "1", "2147483647", "9223372036854775808", "1e308", "-1e-308", "\"\"", "\"x\"", "[]", "{}", "true", "[[[[[[[[[[[[]]]]]]]]]]]]", "1.5"];

    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void Load_DamagedEntries_ThrowsCleanlyOrLoads()
    {
        var entries = SavedModel.Unzip(SavedModel.Bytes);
        var ours = entries.Keys.Where(name => Ours.Any(own => Path.GetFileName(name.Replace('\\', '/')).StartsWith(own, StringComparison.Ordinal))).Order(StringComparer.Ordinal).ToArray();
        Assert.True(ours.Length > Ours.Length, string.Join(", ", entries.Keys));
        Attack(random =>
        {
            var damaged = new Dictionary<string, byte[]>(entries);
            var name = ours[random.Next(ours.Length)];
            if (random.Next(20) == 0)
                damaged.Remove(name);
            else
                damaged[name] = Damage(entries[name], name.EndsWith(".safetensors", StringComparison.Ordinal) ? 16 + Header(entries[name]) : 0, random);
            return SavedModel.Zip(damaged);
        });
    }

    [Fact]
    public void Load_DamagedZip_ThrowsCleanlyOrLoads() => Attack(random => Flip(SavedModel.Bytes, SavedModel.Bytes.Length, random));

    private void Attack(Func<Random, byte[]> damage)
    {
        Attempt(SavedModel.Bytes);
        var sound = Allocated(() => Attempt(SavedModel.Bytes));
        var unpacked = SavedModel.Unzip(SavedModel.Bytes).Values.Sum(entry => entry.LongLength);
        var tensors = TensorCounts.Settled();
        var (refused, kinds, most) = (0, new SortedDictionary<string, int>(StringComparer.Ordinal), 0L);
        for (var i = 0; i < Count; i++)
        {
            var damaged = damage(new Random(i));
            Exception? e = null;
            // ML.NET itself takes memory to load a model; on top of that no more than four times what it unpacks.
            var allocated = Allocated(() => e = Attempt(damaged)) - sound;
            most = Math.Max(most, allocated);
            Assert.True(allocated < 4 * unpacked, $"mutation {i}: {allocated} bytes more than a sound file of {unpacked} takes. {e}");
            Assert.True(e is null or InvalidDataException or FormatException or InvalidOperationException or IOException or ArgumentException, $"mutation {i}: {e}");
            if (e is not null)
                kinds[e.GetType().Name] = kinds.GetValueOrDefault(e.GetType().Name) + 1;
            refused += e is null ? 0 : 1;
        }
        Assert.InRange(TorchSharp.torch.Tensor.TotalCount, 0, tensors);
        Assert.InRange(refused, 1, Count - 1);
        output.WriteLine($"{Count} mutations, {refused} refused ({string.Join(", ", kinds.Select(kind => $"{kind.Key} {kind.Value}"))}), at most {most} bytes more than a sound file's {sound}; it unpacks to {unpacked}");
    }

    private Exception? Attempt(byte[] file)
    {
        try
        {
            var model = _ml.Model.Load(new MemoryStream(file), out _);
            foreach (var part in model is IEnumerable<ITransformer> chain ? chain : [model])
                (part as IDisposable)?.Dispose();
            return null;
        }
        catch (Exception e)
        {
            while (e is TargetInvocationException { InnerException: { } inner })
                e = inner;
            return e;
        }
    }

    private static long Allocated(Action action)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    // The entry's own length, then the file: length of the header, header, data.
    private static int Header(byte[] weights) => (int)BitConverter.ToInt64(weights, 8);

    private static byte[] Damage(byte[] sound, int header, Random random)
    {
        switch (random.Next(5))
        {
            case 0:
                return sound[..random.Next(sound.Length)];
            case 1:
                return [.. sound, .. new byte[random.Next(1, 5000)]];
            case 2:
                return ReplaceValue(sound, header > 0 ? header : sound.Length, random);
            default:
                return Flip(sound, header > 0 && random.Next(2) == 0 ? header : sound.Length, random);
        }
    }

    private static byte[] Flip(byte[] sound, int within, Random random)
    {
        var bytes = sound.ToArray();
        for (var n = random.Next(1, 6); n > 0; n--)
            bytes[random.Next(within)] = (byte)(random.Next(2) == 0 ? random.Next(256) : "0123456789[]{}\",:"[random.Next(17)]);
        return bytes;
    }

    private static byte[] ReplaceValue(byte[] sound, int within, Random random)
    {
        var from = sound.AsSpan(0, within).IndexOf((byte)':') is var first && first < 0 ? 0 : random.Next(within);
        var colon = sound.AsSpan(from, within - from).IndexOf((byte)':');
        if (colon < 0)
            return Flip(sound, within, random);
        var start = from + colon + 1;
        var length = sound.AsSpan(start, within - start).IndexOfAny((byte)',', (byte)'}', (byte)'\n');
        return length < 0 ? sound[..start] : [.. sound[..start], .. Encoding.UTF8.GetBytes(Values[random.Next(Values.Length)]), .. sound[(start + length)..]];
    }
}
