using DecisionMaking.World;
using Microsoft.ML.Data;

namespace DecisionMaking.Recording;

/// <summary>A step of an episode, as the trainers read it.</summary>
internal sealed class StepRow
{
    public required string Episode { get; init; }

    public required float Reward { get; init; }

    [VectorType(Table.StateSize)]
    public required float[] State { get; init; }

    [VectorType(Table.ActionSize)]
    public required float[] Action { get; init; }
}
