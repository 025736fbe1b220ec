using Microsoft.ML.Eva;

namespace GlueClassification;

/// <summary>The methods that --method knows. In the library the type of the options is the method; here each gets its word.</summary>
internal static class Methods
{
    public static IReadOnlyDictionary<string, Func<Settings, AdapterOptions>> Known { get; } = new Dictionary<string, Func<Settings, AdapterOptions>>
    {
        ["eva"] = settings => LowRank<LoraOptions>(settings, Eva(settings)),
        ["lora"] = settings => LowRank<LoraOptions>(settings, new RandomOptions()),
    };

    /// <summary>The options for the method that was asked for.</summary>
    public static AdapterOptions Create(Settings settings) => Known.TryGetValue(settings.Method, out var create)
        ? create(settings)
        : throw new UserException($"--method {settings.Method} is unknown. Known are: {string.Join(", ", Known.Keys)}.");

    private static T LowRank<T>(Settings settings, InitializationOptions initialization) where T : LowRankOptions, new() =>
        new() { Rank = settings.Rank, Alpha = settings.Alpha, Initialization = initialization };

    private static EvaOptions Eva(Settings settings) => new() { Rho = settings.Rho, BatchSize = settings.BatchSize };
}
