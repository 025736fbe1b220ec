using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML;
using Microsoft.ML.Eva;
using TorchSharp;

namespace GlueClassification;

/// <summary>What --json writes: the same keys as the other samples and benchmarks.</summary>
internal sealed record Result
{
    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        WriteIndented = true,
    };

    public required string MetricName { get; init; }

    public required double Metric { get; init; }

    /// <summary>Spearman's correlation; of regressions alone.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Spearman { get; init; }

    public required double SecondsLoad { get; init; }

    public required double SecondsEva { get; init; }

    public required double SecondsTrain { get; init; }

    public required double SecondsEval { get; init; }

    public required double RowsPerSecondEval { get; init; }

    public required long TrainableParameters { get; init; }

    public required long PeakRssBytes { get; init; }

    public required int EvaBatches { get; init; }

    public required IReadOnlyDictionary<string, int> Ranks { get; init; }

    public required IReadOnlyList<float> Losses { get; init; }

    public required IReadOnlyDictionary<string, string> Versions { get; init; }

    public required int Threads { get; init; }

    public static Result From(TrainingReport report, string metricName, double metric, int testRows, double secondsEval)
    {
        using var process = Process.GetCurrentProcess();
        return new Result
        {
            MetricName = metricName,
            Metric = metric,
            SecondsLoad = report.SecondsLoad,
            SecondsEva = report.SecondsEva,
            SecondsTrain = report.SecondsTrain,
            SecondsEval = secondsEval,
            RowsPerSecondEval = testRows / secondsEval,
            TrainableParameters = report.TrainableParameters,
            PeakRssBytes = process.PeakWorkingSet64,
            EvaBatches = report.EvaBatches,
            Ranks = report.Ranks,
            Losses = report.Losses,
            Versions = CurrentVersions(),
            Threads = torch.get_num_threads(),
        };
    }

    public void Write(string path) => File.WriteAllText(path, JsonSerializer.Serialize(this, Format) + "\n");

    private static Dictionary<string, string> CurrentVersions() => new()
    {
        ["microsoft_ml_eva"] = VersionOf(typeof(EvaTransformer)),
        ["microsoft_ml"] = VersionOf(typeof(MLContext)),
        ["torchsharp"] = VersionOf(typeof(torch)),
        ["libtorch"] = torch.__version__,
        ["dotnet"] = Environment.Version.ToString(),
        ["os"] = RuntimeInformation.OSDescription,
    };

    private static string VersionOf(Type type) => FileVersionInfo.GetVersionInfo(type.Assembly.Location).ProductVersion ?? "";
}
