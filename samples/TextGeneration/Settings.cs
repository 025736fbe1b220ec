using GlueClassification;

namespace TextGeneration;

/// <summary>What the command line said. Null means that it was not said.</summary>
internal sealed record Settings : IMethodSettings
{
    public string? DataFolder { get; init; }

    public string? Model { get; init; }

    public required string Method { get; init; }

    public required int Rank { get; init; }

    public required double Alpha { get; init; }

    public required double Rho { get; init; }

    public required double LearningRate { get; init; }

    public required int Epochs { get; init; }

    public required int BatchSize { get; init; }

    public required int MaxLength { get; init; }

    public int? TrainRows { get; init; }

    public int? TestRows { get; init; }

    public required int Beams { get; init; }

    public required int Seed { get; init; }

    public int? Gpu { get; init; }

    public string? SavePath { get; init; }

    public string? OnnxFolder { get; init; }

    public string? JsonPath { get; init; }
}
