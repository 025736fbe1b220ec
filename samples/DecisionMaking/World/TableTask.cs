namespace DecisionMaking.World;

/// <summary>A task: stops to be made in order. What they are is not in the state, only a marker that no other task has, as Meta-World's tasks show different objects.</summary>
internal sealed record TableTask(string Name, IReadOnlyList<Stop> Stops)
{
    public const int MarkerSize = 4;

    private static readonly Stop Take = new(Deed.Take, Anchor.Object);
    private static readonly Stop Object = new(Deed.Touch, Anchor.Object);
    private static readonly Stop Goal = new(Deed.Touch, Anchor.Goal);

    /// <summary>The twelve tasks of pretraining.</summary>
    public static IReadOnlyList<TableTask> Pretraining { get; } =
    [
        new("reach", [Goal]),
        new("reach from above", [At(Anchor.Goal, 0, 0.3), Goal]),
        new("reach from the right", [At(Anchor.Goal, 0.3, 0), Goal]),
        new("take", [Take]),
        new("deliver", [Take, Put(Anchor.Goal)]),
        new("deliver from above", [Take, At(Anchor.Goal, 0, 0.3), Put(Anchor.Goal)]),
        new("bring to the centre", [Take, Put(Anchor.Center)]),
        new("deliver left of the goal", [Take, Put(Anchor.Goal, -0.3)]),
        new("goal, then object", [Goal, Object]),
        new("object, goal, centre", [Object, Goal, At(Anchor.Center)]),
        new("sweep across the object", [At(Anchor.Object, -0.3), At(Anchor.Object, 0.3)]),
        new("round the goal", [At(Anchor.Goal, 0.25), At(Anchor.Goal, 0, 0.25), At(Anchor.Goal, -0.25)]),
    ];

    /// <summary>The four tasks that pretraining never sees.</summary>
    public static IReadOnlyList<TableTask> HeldOut { get; } =
    [
        new("deliver from below", [Take, At(Anchor.Goal, 0, -0.3), Put(Anchor.Goal)]),
        new("deliver right of the goal", [Take, Put(Anchor.Goal, 0.3)]),
        new("round the object, take", [At(Anchor.Object, 0.25), At(Anchor.Object, 0, 0.25), At(Anchor.Object, -0.25), Take]),
        new("below goal and object", [At(Anchor.Goal, 0, -0.25), At(Anchor.Object, 0, -0.25)]),
    ];

    /// <summary>Four numbers that are the same in every state of the task.</summary>
    public IReadOnlyList<float> Marker { get; } = DrawMarker(Name);

    private static Stop At(Anchor anchor, double x = 0, double y = 0) => new(Deed.Touch, anchor, x, y);

    private static Stop Put(Anchor anchor, double x = 0, double y = 0) => new(Deed.Put, anchor, x, y);

    // From the name alone, so that a task keeps its marker when others come or go.
    private static float[] DrawMarker(string name)
    {
        var random = new Random(name.Aggregate(17, (hash, letter) => unchecked(hash * 31 + letter)));
        return [.. Enumerable.Range(0, MarkerSize).Select(_ => (float)(2 * random.NextDouble() - 1))];
    }
}
