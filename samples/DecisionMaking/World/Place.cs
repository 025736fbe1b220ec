namespace DecisionMaking.World;

/// <summary>A point of the table, or a way on it. The table reaches from −1 to 1 in both directions.</summary>
internal readonly record struct Place(double X, double Y)
{
    public double Length => Math.Sqrt(X * X + Y * Y);

    public static Place operator +(Place a, Place b) => new(a.X + b.X, a.Y + b.Y);

    public static Place operator -(Place a, Place b) => new(a.X - b.X, a.Y - b.Y);

    public static Place operator *(double factor, Place place) => new(factor * place.X, factor * place.Y);

    public double Dot(Place other) => X * other.X + Y * other.Y;

    /// <summary>The same direction, at most this long.</summary>
    public Place Within(double length) => Length <= length ? this : length / Length * this;
}
