using Microsoft.ML.Eva;

namespace GlueClassification;

/// <summary>The methods that --method knows. In the library the type of the options is the method; here each gets its word.</summary>
internal static class Methods
{
    public static IReadOnlyDictionary<string, Func<IMethodSettings, AdapterOptions>> Known { get; } = new Dictionary<string, Func<IMethodSettings, AdapterOptions>>
    {
        ["eva"] = settings => LowRank<LoraOptions>(settings, Eva(settings)),
        ["lora"] = settings => LowRank<LoraOptions>(settings, new RandomOptions()),
        ["rslora"] = settings =>
        {
            var options = LowRank<LoraOptions>(settings, new RandomOptions());
            options.IsRankStabilized = true;
            return options;
        },
        ["dora"] = settings => LowRank<DoraOptions>(settings, new RandomOptions()),
        ["eva_dora"] = settings => LowRank<DoraOptions>(settings, Eva(settings)),
        ["pissa"] = settings => LowRank<LoraOptions>(settings, new PissaOptions()),
        ["olora"] = settings => LowRank<LoraOptions>(settings, new OloraOptions()),
        ["lora_plus"] = settings =>
        {
            var options = LowRank<LoraOptions>(settings, new RandomOptions());
            options.LearningRateRatio = 16;
            return options;
        },
        ["adalora"] = settings => new AdaLoraOptions { TargetRank = settings.Rank, InitialRank = settings.Rank + (settings.Rank + 1) / 2, Alpha = settings.Alpha },
        ["boft"] = _ => new BoftOptions(),
        ["vera"] = _ => new VeraOptions(),
        ["fft"] = _ => new FullFineTuningOptions(),
        ["frozen"] = _ => new HeadOnlyOptions(),
    };

    /// <summary>The options for the method that was asked for.</summary>
    public static AdapterOptions Create(IMethodSettings settings) => Known.TryGetValue(settings.Method, out var create)
        ? create(settings)
        : throw new UserException($"--method {settings.Method} is unknown. Known are: {string.Join(", ", Known.Keys)}.");

    private static T LowRank<T>(IMethodSettings settings, InitializationOptions initialization) where T : LowRankOptions, new() =>
        new() { Rank = settings.Rank, Alpha = settings.Alpha, Initialization = initialization };

    private static EvaOptions Eva(IMethodSettings settings) => new() { Rho = settings.Rho, BatchSize = settings.BatchSize, Whitening = settings.Whitening };
}
