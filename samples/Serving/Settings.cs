using Microsoft.ML.Eva;

namespace Serving;

/// <summary>What the command line says.</summary>
internal sealed record Settings
{
    /// <summary>Models saved with mlContext.Model.Save, by the name they are served under.</summary>
    public IReadOnlyDictionary<string, string> Zips { get; init; } = new Dictionary<string, string>();

    /// <summary>Folders of adapters of MiniLM, with a file classes.txt, by the name they are served under.</summary>
    public IReadOnlyDictionary<string, string> Adapters { get; init; } = new Dictionary<string, string>();

    /// <summary>Where the server listens.</summary>
    public string Url { get; init; } = "http://127.0.0.1:5080";

    /// <summary>How requests become batches.</summary>
    public BatchPredictorOptions Batching { get; init; } = new();

    /// <summary>The largest request body, in bytes.</summary>
    public int LargestBody { get; init; } = 64 * 1024;

    /// <summary>The longest text, in characters.</summary>
    public int LongestText { get; init; } = 20_000;

    /// <summary>How often files are looked at for changes.</summary>
    public TimeSpan ReloadEvery { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Seconds of load on each road, in place of serving.</summary>
    public int? MeasureSeconds { get; init; }

    /// <summary>The number of models whose memory is measured, in place of serving.</summary>
    public int? MemoryModels { get; init; }
}
