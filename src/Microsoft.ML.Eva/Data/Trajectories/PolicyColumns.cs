namespace Microsoft.ML.Eva.Data.Trajectories;

/// <summary>The columns that episodes are read from, and the one that predicted actions go to.</summary>
internal sealed record PolicyColumns
{
    /// <summary>What tells episodes apart.</summary>
    public required string Episode { get; init; }

    /// <summary>The column of rewards, or of returns-to-go.</summary>
    public required string Return { get; init; }

    /// <summary>Whether <see cref="Return"/> holds what each step earned, not what is still to come.</summary>
    public required bool IsReward { get; init; }

    /// <summary>The states.</summary>
    public required string State { get; init; }

    /// <summary>The actions.</summary>
    public required string Action { get; init; }

    /// <summary>The time steps; null: they count from 0.</summary>
    public string? Time { get; init; }

    /// <summary>The added column.</summary>
    public required string Prediction { get; init; }

    /// <summary>The columns that are read, in a fixed order.</summary>
    public IEnumerable<string> Inputs() => Time is null ? [Episode, Return, State, Action] : [Episode, Return, State, Action, Time];
}
