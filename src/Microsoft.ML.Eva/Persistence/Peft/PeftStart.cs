using System.Globalization;
using System.Text.Json;
using Microsoft.ML.Eva.Adapters;

namespace Microsoft.ML.Eva.Persistence.Peft;

/// <summary><c>init_lora_weights</c> and <c>eva_config</c>.</summary>
internal static class PeftStart
{
    private const string Key = "init_lora_weights";
    private const string FastPissa = "pissa_niter_";

    /// <summary>The start a configuration describes.</summary>
    /// <exception cref="InvalidDataException">It belongs to a base that the folder does not tell.</exception>
    public static InitializationOptions Read(PeftConfig config)
    {
        if (config.Find(Key) is not { ValueKind: JsonValueKind.String })
        {
            config.Boolean(Key, absent: true); // false: B starts at random too, which no longer matters in a trained adapter
            return new RandomOptions();
        }
        var text = config.Text(Key)!;
        if (text.StartsWith(FastPissa, StringComparison.Ordinal) && int.TryParse(text.AsSpan(FastPissa.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var iterations) && iterations is >= 1 and <= 64)
            return new PissaOptions { Iterations = iterations };
        return text switch
        {
            "gaussian" => new RandomOptions { Distribution = RandomDistribution.Gaussian },
            "orthogonal" => new RandomOptions(),
            "eva" => Eva(config),
            "pissa" => new PissaOptions(),
            "olora" => new OloraOptions(),
            _ => throw config.Fault(Key, $"is {config.Show(Key)}; known are true, \"gaussian\", \"orthogonal\", \"eva\", \"pissa\", \"pissa_niter_N\" and \"olora\". Others may have changed the base in a way the folder does not tell: convert the adapter to plain LoRA in PEFT"),
        };
    }

    private static EvaOptions Eva(PeftConfig config)
    {
        var options = new EvaOptions();
        if (config.Find("eva_config") is not { ValueKind: JsonValueKind.Object } eva)
            return options;
        if (eva.TryGetProperty("rho", out var rho) && rho.TryGetDouble(out var rhoValue) && rhoValue >= 1)
            options.Rho = rhoValue;
        if (eva.TryGetProperty("tau", out var tau) && tau.TryGetDouble(out var tauValue) && tauValue is >= 0 and <= 1)
            options.Tau = tauValue;
        return options;
    }

    /// <summary>The value of <c>init_lora_weights</c>. PiSSA's and OLoRA's adapters are written as plain LoRA on the whole weight.</summary>
    public static object ToPeft(LowRankOptions options) => options switch
    {
        LoraOptions { HasUpdateBias: true } => true, // PEFT allows a bias with its own two starts only
        { Initialization: EvaOptions } => "eva",
        { Initialization: RandomOptions { Distribution: RandomDistribution.Gaussian } } => "gaussian",
        _ => true,
    };

    /// <summary>The alpha that gives an adapter its scaling.</summary>
    public static double AlphaOf(LowRankAdapter adapter, bool isRankStabilized) =>
        Math.Round(adapter.Scaling * (isRankStabilized ? Math.Sqrt(adapter.Rank) : adapter.Rank), 9);
}
