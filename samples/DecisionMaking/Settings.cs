namespace DecisionMaking;

/// <summary>What the command line said.</summary>
internal sealed record Settings
{
    /// <summary>Whether everything is run: four tasks, three seeds, all methods.</summary>
    public required bool IsFull { get; init; }

    public required IReadOnlyList<string> Methods { get; init; }

    public required int Tasks { get; init; }

    public required int Seeds { get; init; }

    public required int Rank { get; init; }

    public required double Rho { get; init; }

    public required int Demonstrations { get; init; }

    public required int Epochs { get; init; }

    public double? LearningRate { get; init; }

    public required int PretrainingEpochs { get; init; }

    public required int PretrainingEpisodes { get; init; }

    public required int TestEpisodes { get; init; }

    public string? PretrainedFolder { get; init; }

    public required string OutputFolder { get; init; }
}
