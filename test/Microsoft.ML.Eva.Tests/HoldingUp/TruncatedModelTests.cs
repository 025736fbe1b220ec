using System.Reflection;
using Microsoft.ML.Eva.Tests.Persistence;
using Xunit.Abstractions;

namespace Microsoft.ML.Eva.Tests.HoldingUp;

/// <summary>A saved model cut off at any byte, as a full disk or a broken download leaves it, is refused cleanly.</summary>
[Collection(nameof(TensorCounts))]
public sealed class TruncatedModelTests(ITestOutputHelper output)
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    [Trait("Category", "Slow")]
    public void Load_CutOffAnywhere_ThrowsCleanly()
    {
        var whole = SavedModel.Bytes;
        // every byte in the long run; else the ends, where the directory of the zip is, and some in between
        var step = Environment.GetEnvironmentVariable("EVA_SLOW") == "1" ? 1 : whole.Length / 40;
        var lengths = Enumerable.Range(0, whole.Length).Where(length => length % step == 0 || length < 20 || length > whole.Length - 60).ToList();
        var before = TensorCounts.Settled();
        var kinds = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var length in lengths)
        {
            var error = Record.Exception(() => _ml.Model.Load(new MemoryStream(whole[..length]), out _));
            while (error is TargetInvocationException { InnerException: { } inner })
                error = inner;
            Assert.True(error is InvalidDataException or FormatException or InvalidOperationException or IOException or ArgumentException, $"{length} of {whole.Length} bytes: {error}");
            kinds[error!.GetType().Name] = kinds.GetValueOrDefault(error.GetType().Name) + 1;
        }
        Assert.InRange(TensorCounts.Settled(), 0, before);
        output.WriteLine($"{lengths.Count} lengths of a file of {whole.Length} bytes: {string.Join(", ", kinds.Select(kind => $"{kind.Key} {kind.Value}"))}");
    }
}
