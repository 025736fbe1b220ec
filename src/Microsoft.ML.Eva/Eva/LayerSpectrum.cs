namespace Microsoft.ML.Eva.Eva;

/// <summary>What the analysis found out about one planned layer.</summary>
internal sealed record LayerSpectrum
{
    /// <summary>The layer's name.</summary>
    public required string Name { get; init; }

    /// <summary>The layer whose input this one shares, or null if it has a decomposition of its own.</summary>
    public required string? SharesInputWith { get; init; }

    /// <summary>The rank the plan gave.</summary>
    public required int InitialRank { get; init; }

    /// <summary>The rank EVA gives; 0: the layer is not adapted.</summary>
    public required int Rank { get; init; }

    /// <summary>The computed components' singular values, descending.</summary>
    public required IReadOnlyList<double> SingularValues { get; init; }

    /// <summary>Which part of the input's variance each computed component explains.</summary>
    public required IReadOnlyList<double> ExplainedVarianceRatio { get; init; }

    /// <summary>How often the decomposition was brought up to date.</summary>
    public required int Updates { get; init; }

    /// <summary>Number of tokens analysed.</summary>
    public required long RowCount { get; init; }

    /// <summary>Whether the components in use were stable at the end.</summary>
    public required bool HasConverged { get; init; }
}
