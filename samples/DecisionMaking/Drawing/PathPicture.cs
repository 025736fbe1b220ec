using DecisionMaking.World;
using Microsoft.ML.Eva;
using SkiaSharp;

namespace DecisionMaking.Drawing;

/// <summary>The ways of the hand over the table: a row for each task, a column for each player.</summary>
internal sealed class PathPicture : IDisposable
{
    private const int Side = 210, Gap = 14, Left = 20, Top = 60;
    private static readonly SKColor Frame = new(200, 200, 200), Post = new(150, 150, 150), Object = new(255, 127, 14), Goal = new(44, 160, 44), Free = new(31, 119, 180), Holding = new(214, 39, 40);
    private readonly Canvas _canvas;
    private readonly IReadOnlyList<TableTask> _tasks;

    public PathPicture(IReadOnlyList<TableTask> tasks, IReadOnlyList<string> players)
    {
        _tasks = tasks;
        _canvas = new Canvas(Left + players.Count * (Side + Gap) + Gap, Top + tasks.Count * (Side + Gap + 20));
        _canvas.Text(Left, 20, "The hand's way: blue free, red holding. Orange: the object at first, green: the goal, grey: the post; circles: the stops to be made.");
        for (var i = 0; i < players.Count; i++)
            _canvas.Text(X(i) + Side / 2.0, Top - 14, players[i], SKTextAlign.Center);
    }

    /// <summary>Draws one episode. Null plays the expert.</summary>
    public void Add(TableTask task, int player, PolicyTransformer? policy, int seed)
    {
        var (x, y) = (X(player), Top + _tasks.ToList().IndexOf(task) * (Side + Gap + 20) + 20);
        var table = new Table(task);
        var state = table.Reset(seed);
        DrawTable(table, task, x, y);
        var actor = policy?.CreateActor(1);
        var expert = new Expert(table);
        var step = default(EnvironmentStep);
        while (!step.IsDone)
        {
            var before = table.Hand;
            step = table.Step(actor?.Act(state, step.Reward) ?? expert.Act());
            state = step.State;
            Draw(before, table.Hand, x, y, table.IsHolding ? Holding : Free);
        }
        _canvas.Text(x, y - 6, $"{task.Name}: {(step.IsSuccess ? "solved" : "not solved")}", color: step.IsSuccess ? Goal : Holding, size: 12);
    }

    public void Save(string path) => _canvas.Save(path);

    public void Dispose() => _canvas.Dispose();

    private void DrawTable(Table table, TableTask task, double x, double y)
    {
        _canvas.Line(x, y, x + Side, y, Frame);
        _canvas.Line(x, y + Side, x + Side, y + Side, Frame);
        _canvas.Line(x, y, x, y + Side, Frame);
        _canvas.Line(x + Side, y, x + Side, y + Side, Frame);
        Dot(table.Post, Table.PostRadius, Post);
        Dot(table.Goal, 0.05, Goal);
        Dot(table.Object, 0.05, Object);
        Dot(table.Hand, 0.03, Free);
        foreach (var stop in task.Stops)
            Dot(table.PlaceOf(stop), Table.Reach, SKColors.Black, isFilled: false);

        void Dot(Place place, double radius, SKColor color, bool isFilled = true) =>
            _canvas.Circle(x + Side * (place.X + 1) / 2, y + Side * (1 - place.Y) / 2, Side * radius / 2, color, isFilled);
    }

    private void Draw(Place from, Place to, double x, double y, SKColor color) =>
        _canvas.Line(x + Side * (from.X + 1) / 2, y + Side * (1 - from.Y) / 2, x + Side * (to.X + 1) / 2, y + Side * (1 - to.Y) / 2, color, 2);

    private static double X(int player) => Left + player * (Side + Gap);
}
