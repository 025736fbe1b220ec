using System.Text;
using Microsoft.ML.Eva.Hub;

namespace Microsoft.ML.Eva.Tests.Hub;

/// <summary>A fake hub with one small model, and an empty cache folder that is removed at the end.</summary>
public abstract class HubFixture : IDisposable
{
    internal static readonly RetryPolicy Quick = new(5, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(2));

    protected HubFixture()
    {
        Hub.Files["config.json"] = Encoding.UTF8.GetBytes("""{"model_type":"bert"}""");
        Hub.Files["tokenizer.json"] = Encoding.UTF8.GetBytes("{}");
        Hub.Files["vocab.txt"] = Encoding.UTF8.GetBytes("[PAD]\n[UNK]\n");
        Hub.Files["1_Pooling/config.json"] = Encoding.UTF8.GetBytes("""{"pooling_mode_mean_tokens":true}""");
        Hub.Files["model.safetensors"] = Weights(300_000, 1);
        Hub.Files["pytorch_model.bin"] = Weights(1000, 2);
        Hub.Files["README.md"] = Encoding.UTF8.GetBytes("# Tiny");
    }

    internal FakeHub Hub { get; } = new();

    internal string Cache { get; } = Path.Combine(Path.GetTempPath(), "eva-hub-" + Guid.NewGuid().ToString("N"));

    internal string RepositoryFolder => Path.Combine(Cache, "models--org--tiny");

    internal string Incomplete => Path.Combine(RepositoryFolder, "blobs", Hub.Hash("model.safetensors") + ".incomplete");

    internal HubSettings Settings => new(Hub.Address, Cache, null, false, true);

    internal static byte[] Weights(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    internal string Resolve(HubSettings? settings = null, HubOptions? options = null, string revision = "main", string repository = FakeHub.Repository, IProgress<DownloadProgress>? progress = null, CancellationToken cancellation = default) =>
        new HubResolver(settings ?? Settings, options ?? new HubOptions(), Quick).Resolve(repository, revision, progress, cancellation);

    internal Task<string> ResolveAsync(CancellationToken cancellation = default) =>
        new HubResolver(Settings, new HubOptions(), Quick).ResolveAsync(FakeHub.Repository, "main", null, cancellation);

    internal static async Task WaitUntilAsync(Func<bool> condition)
    {
        var patience = System.Diagnostics.Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(patience.Elapsed < TimeSpan.FromMinutes(1), "What the test waits for did not happen within a minute.");
            await Task.Delay(10);
        }
    }

    internal void AssertComplete(string folder)
    {
        foreach (var name in new[] { "config.json", "tokenizer.json", "vocab.txt", "1_Pooling/config.json", "model.safetensors" })
            Assert.Equal(Hub.Files[name], File.ReadAllBytes(Path.Combine(folder, name)));
    }

    public void Dispose()
    {
        Hub.Dispose();
        if (Directory.Exists(Cache))
            Directory.Delete(Cache, recursive: true);
        else
            File.Delete(Cache);
        GC.SuppressFinalize(this);
    }
}
