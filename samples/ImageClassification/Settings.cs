using GlueClassification;
using Microsoft.ML.Eva;

namespace ImageClassification;

/// <summary>What the command line said. Null means that it was not said.</summary>
internal sealed record Settings : IMethodSettings
{
    public string? DataFolder { get; init; }

    public required string Model { get; init; }

    public int? Size { get; init; }

    public required bool Augments { get; init; }

    public required bool SkipsBroken { get; init; }

    public required string Method { get; init; }

    public required int Rank { get; init; }

    public required double Alpha { get; init; }

    public required double Rho { get; init; }

    public EvaWhitening? Whitening { get; init; }

    public required double LearningRate { get; init; }

    public double? HeadLearningRate { get; init; }

    public required int Epochs { get; init; }

    public required int BatchSize { get; init; }

    public int? TrainRows { get; init; }

    public required int Every { get; init; }

    public required HeadKind Head { get; init; }

    public double? Dropout { get; init; }

    public required ComputePrecision Precision { get; init; }

    public required int Seed { get; init; }

    public int? Gpu { get; init; }

    public string? SavePath { get; init; }

    public string? SheetPath { get; init; }

    public string? JsonPath { get; init; }
}
