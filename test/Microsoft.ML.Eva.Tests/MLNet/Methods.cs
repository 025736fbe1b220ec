namespace Microsoft.ML.Eva.Tests.MLNet;

/// <summary>Every method of adaptation that the public options can name, for the tiny task.</summary>
internal static class Methods
{
    private static EvaOptions Eva => new() { BatchSize = 16, MaxBatches = 8 };

    private static RandomOptions Random => new();

    /// <summary>By name; fresh options each time.</summary>
    public static IReadOnlyDictionary<string, Func<AdapterOptions>> All { get; } = new Dictionary<string, Func<AdapterOptions>>
    {
        ["lora"] = () => new LoraOptions { Rank = 4, Alpha = 4, Initialization = Random },
        ["rslora"] = () => new LoraOptions { Rank = 4, Alpha = 4, IsRankStabilized = true, Initialization = Random },
        ["dora"] = () => new DoraOptions { Rank = 4, Alpha = 4, Initialization = Random },
        ["adalora"] = () => new AdaLoraOptions { InitialRank = 6, TargetRank = 3, InitialFraction = 0.1, FinalFraction = 0.3, PruningInterval = 2 },
        ["adalora-eva"] = () => new AdaLoraOptions { InitialRank = 6, TargetRank = 3, InitialFraction = 0.1, FinalFraction = 0.3, PruningInterval = 2, Initialization = new EvaOptions { Rho = 1, BatchSize = 16, MaxBatches = 8 } },
        ["boft"] = () => new BoftOptions { BlockSize = 2 },
        ["vera"] = () => new VeraOptions { Rank = 64 },
        ["pissa"] = () => new LoraOptions { Rank = 4, Alpha = 4, Initialization = new PissaOptions() },
        ["olora"] = () => new LoraOptions { Rank = 4, Alpha = 4, Initialization = new OloraOptions() },
        ["lora+"] = () => new LoraOptions { Rank = 4, Alpha = 4, LearningRateRatio = 4, Initialization = Random },
        ["full"] = () => new FullFineTuningOptions(),
        ["head"] = () => new HeadOnlyOptions(),
        ["eva"] = () => new LoraOptions { Rank = 4, Alpha = 4, Initialization = Eva },
        ["eva-dora"] = () => new DoraOptions { Rank = 4, Alpha = 4, Initialization = Eva },
        ["eva-rslora"] = () => new LoraOptions { Rank = 4, Alpha = 4, IsRankStabilized = true, Initialization = Eva },
    };
}
