namespace DecisionMaking.World;

/// <summary>A scripted player that sees what policies do not: the stops. It makes the data.</summary>
internal sealed class Expert(Table table)
{
    private const double Near = 0.05;
    private const double Speed = 0.09;
    private const double Approach = 0.5;
    private const double Margin = 0.05;

    /// <summary>The action for the table as it stands.</summary>
    public float[] Act()
    {
        var stop = table.NextStop ?? throw new InvalidOperationException("The task is solved.");
        var target = stop.Deed == Deed.Take ? table.Object : table.PlaceOf(stop);
        var way = Detour(target) - table.Hand;
        var wanted = (Approach * way).Within(Speed);
        var push = 1 / Table.Push * (wanted - Table.Friction * table.Velocity);
        return [(float)Math.Clamp(push.X, -1, 1), (float)Math.Clamp(push.Y, -1, 1), Grips(stop, target) ? 1 : -1];
    }

    private bool Grips(Stop stop, Place target) => stop.Deed switch
    {
        Deed.Take => (table.Hand - target).Length < Near,
        Deed.Put => table.IsHolding && (table.Hand - target).Length >= Near,
        _ => table.IsHolding,
    };

    // Where the straight way leads through the post, a place beside it comes first.
    private Place Detour(Place target)
    {
        var way = target - table.Hand;
        var toPost = table.Post - table.Hand;
        if (way.Length < 1e-6)
            return target;
        var direction = 1 / way.Length * way;
        var along = toPost.Dot(direction);
        var beside = toPost - along * direction;
        if (along <= 0 || along >= way.Length || beside.Length >= Table.PostRadius + Margin)
            return target;
        var side = beside.Length > 1e-6 ? -1 / beside.Length * beside : new Place(-direction.Y, direction.X);
        return table.Post + (Table.PostRadius + 2 * Margin) * side;
    }
}
