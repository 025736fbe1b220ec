using System.Globalization;

namespace Microsoft.ML.Eva;

/// <summary>What the ready dimensions do to methods, each of which has its own names for rank, rho and dropout.</summary>
internal static class SweptMethod
{
    /// <summary>The rank, with the scaling kept. Methods without one stay as they are.</summary>
    public static void SetRank(AdapterOptions adapter, int rank)
    {
        switch (adapter)
        {
            case LowRankOptions lowRank:
                lowRank.Alpha = lowRank.AlphaThatKeepsScaling(lowRank.Alpha, lowRank.Rank, rank);
                lowRank.Rank = rank;
                break;
            case AdaLoraOptions adaLora:
                // half as many ranks again to choose from, as in the defaults
                var initial = rank + (rank + 1) / 2;
                adaLora.Alpha *= (double)initial / adaLora.InitialRank;
                (adaLora.TargetRank, adaLora.InitialRank) = (rank, initial);
                break;
        }
    }

    /// <summary>EVA's rho, where ranks may move.</summary>
    public static void SetRho(AdapterOptions adapter, double rho)
    {
        if (adapter is LowRankOptions { Initialization: EvaOptions eva })
            eva.Rho = rho;
    }

    /// <summary>The dropout on the adapter's input.</summary>
    public static void SetDropout(AdapterOptions adapter, double rate)
    {
        switch (adapter)
        {
            case LowRankOptions lowRank:
                lowRank.Dropout = rate;
                break;
            case AdaLoraOptions adaLora:
                adaLora.Dropout = rate;
                break;
            case VeraOptions vera:
                vera.Dropout = rate;
                break;
            case BoftOptions boft:
                boft.Dropout = rate;
                break;
        }
    }

    /// <summary>Method and start in a few characters, with what tells variants of a method apart.</summary>
    public static string Describe(AdapterOptions method)
    {
        var name = NameOf(method);
        if (method.Start is { } start)
            name += ", " + NameOf(start);
        if (method is LowRankOptions { IsRankStabilized: true })
            name += ", rank-stabilised";
        if (method is LowRankOptions { LearningRateRatio: > 1 } plus)
            name += string.Create(CultureInfo.InvariantCulture, $", B {plus.LearningRateRatio}x");
        return name;
    }

    /// <summary>A value as tables show it, the same in every country.</summary>
    public static string Text<T>(T value) => value is IFormattable number ? number.ToString(null, CultureInfo.InvariantCulture) : value?.ToString() ?? "";

    private static string NameOf(object options) => options.GetType().Name.Replace("Options", "", StringComparison.Ordinal);
}
