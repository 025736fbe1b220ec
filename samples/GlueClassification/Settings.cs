using Microsoft.ML.Eva;

namespace GlueClassification;

/// <summary>What the command line said. Null means that it was not said.</summary>
internal sealed record Settings : IMethodSettings
{
    public required string Task { get; init; }

    public string? DataFolder { get; init; }

    public string? TrainFile { get; init; }

    public string? TestFile { get; init; }

    public string? ValidationFile { get; init; }

    public string? TextColumn { get; init; }

    public string? PairColumn { get; init; }

    public string? LabelColumn { get; init; }

    public required string Model { get; init; }

    public required string Method { get; init; }

    public required int Rank { get; init; }

    public required double Alpha { get; init; }

    public required double Rho { get; init; }

    public required double LearningRate { get; init; }

    public double? HeadLearningRate { get; init; }

    public required int Epochs { get; init; }

    public required int BatchSize { get; init; }

    public required int MaxLength { get; init; }

    public int? TrainRows { get; init; }

    public required int Every { get; init; }

    public required HeadKind Head { get; init; }

    public double? Dropout { get; init; }

    public required bool StandardizesLabels { get; init; }

    public required ComputePrecision Precision { get; init; }

    public required int Seed { get; init; }

    public int? Gpu { get; init; }

    public int? SweepTrials { get; init; }

    public string? SweepFolder { get; init; }

    public string? SavePath { get; init; }

    public string? JsonPath { get; init; }
}
