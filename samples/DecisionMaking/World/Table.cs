using Microsoft.ML.Eva;

namespace DecisionMaking.World;

/// <summary>
/// A hand on a table, with an object, a goal and a post in the way. The hand is a point mass that is pushed; a gripper holds the object
/// while it is closed on it. Where hand, object, goal and post are at first depends on the seed.
/// </summary>
internal sealed class Table(TableTask task) : IEnvironment
{
    public const int StateSize = 11 + TableTask.MarkerSize;
    public const int ActionSize = 3;
    public const int MaxSteps = 60;
    public const double PostRadius = 0.16;
    public const double Reach = 0.08;
    public const double Friction = 0.6;
    public const double Push = 0.05;
    private const int RestSteps = 3;

    private Place _objectAtFirst;
    private int _steps;
    private int _stopsMade;
    private int _restedSteps;

    public Place Hand { get; private set; }

    public Place Velocity { get; private set; }

    public Place Object { get; private set; }

    public Place Goal { get; private set; }

    public Place Post { get; private set; }

    public bool IsClosed { get; private set; }

    public bool IsHolding { get; private set; }

    /// <summary>The stop to be made next; null when all are made.</summary>
    public Stop? NextStop => _stopsMade < task.Stops.Count ? task.Stops[_stopsMade] : null;

    public float[] Reset(int seed)
    {
        var random = new Random(seed);
        (_steps, _stopsMade, _restedSteps, IsClosed, IsHolding, Velocity) = (0, 0, 0, false, false, default);
        do
        {
            (Hand, Object, Goal, Post) = (Draw(random, 0.9), Draw(random, 0.6), Draw(random, 0.6), Draw(random, 0.7));
            _objectAtFirst = Object;
        }
        while (!IsFair());
        return State();
    }

    public EnvironmentStep Step(ReadOnlySpan<float> action)
    {
        Move(new Place(Math.Clamp(action[0], -1, 1), Math.Clamp(action[1], -1, 1)));
        IsClosed = action[2] > 0;
        IsHolding = IsClosed && (IsHolding || (Hand - Object).Length < Reach);
        if (IsHolding)
            Object = Hand;
        _steps++;
        var isMade = NextStop is { } stop && IsMade(stop);
        if (isMade)
            _stopsMade++;
        return new EnvironmentStep(State(), isMade ? 1.0 / task.Stops.Count : 0, NextStop is null || _steps == MaxSteps, NextStop is null);
    }

    /// <summary>Where a stop is.</summary>
    public Place PlaceOf(Stop stop) => new Place(stop.X, stop.Y) + stop.Anchor switch
    {
        Anchor.Object => _objectAtFirst,
        Anchor.Goal => Goal,
        _ => default,
    };

    private static Place Draw(Random random, double limit) => new(limit * (2 * random.NextDouble() - 1), limit * (2 * random.NextDouble() - 1));

    // Nothing lies so close together that a stop is made by accident or hidden by the post.
    private bool IsFair() =>
        (Hand - Object).Length > 0.3 && (Hand - Goal).Length > 0.3 && (Object - Goal).Length > 0.45 && (Hand - Post).Length > PostRadius + 0.05
        && (Object - Post).Length > PostRadius + 0.12 && (Goal - Post).Length > PostRadius + 0.12
        && task.Stops.All(stop => (PlaceOf(stop) - Post).Length > PostRadius + 0.12);

    private void Move(Place push)
    {
        Velocity = Friction * Velocity + Push * push;
        Hand += Velocity;
        if ((Hand - Post).Length < PostRadius)
        {
            // The post gives nothing: the hand slides along it.
            var outwards = 1 / (Hand - Post).Length * (Hand - Post);
            Hand = Post + PostRadius * outwards;
            Velocity -= Math.Min(0, Velocity.Dot(outwards)) * outwards;
        }
        Hand = new Place(Math.Clamp(Hand.X, -1, 1), Math.Clamp(Hand.Y, -1, 1));
    }

    private bool IsMade(Stop stop)
    {
        _restedSteps = !IsHolding && (Object - PlaceOf(stop)).Length < Reach ? _restedSteps + 1 : 0;
        return stop.Deed switch
        {
            Deed.Touch => (Hand - PlaceOf(stop)).Length < Reach,
            Deed.Take => IsHolding,
            _ => _restedSteps >= RestSteps,
        };
    }

    // Where the hand is and how it moves; then, as seen from the hand, object, goal and post.
    private float[] State()
    {
        var (toObject, toGoal, toPost) = (Object - Hand, Goal - Hand, Post - Hand);
        return
        [
            (float)Hand.X, (float)Hand.Y, (float)Velocity.X, (float)Velocity.Y, (float)toObject.X, (float)toObject.Y,
            (float)toGoal.X, (float)toGoal.Y, (float)toPost.X, (float)toPost.Y, IsClosed ? 1 : -1, .. task.Marker,
        ];
    }
}
