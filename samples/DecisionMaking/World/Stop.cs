namespace DecisionMaking.World;

/// <summary>What a stop is counted from.</summary>
internal enum Anchor
{
    Object,
    Goal,
    Center,
}

/// <summary>What must be done at a stop.</summary>
internal enum Deed
{
    /// <summary>The hand is there.</summary>
    Touch,

    /// <summary>The hand holds the object.</summary>
    Take,

    /// <summary>The object lies there, let go, for three steps.</summary>
    Put,
}

/// <summary>One thing to do: a deed at a place that lies off an anchor.</summary>
internal readonly record struct Stop(Deed Deed, Anchor Anchor, double X = 0, double Y = 0);
