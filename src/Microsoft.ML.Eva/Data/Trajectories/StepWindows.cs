using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Data.Trajectories;

/// <summary>Windows of steps of one length on their way into a batch; places that nothing is written to are padding.</summary>
internal sealed class StepWindows(StepColumns columns, int rows, int steps)
{
    private readonly float[] _values = new float[rows * steps * columns.Width];
    private readonly long[] _mask = new long[rows * steps * StepColumns.TokensPerStep];

    /// <summary>Where the normalised state of a step goes.</summary>
    public Span<float> State(int row, int place) => Step(row, place).Slice(StepColumns.State, columns.StateSize);

    /// <summary>Where the action of a step goes.</summary>
    public Span<float> Action(int row, int place) => Step(row, place)[columns.Action..];

    /// <summary>Makes the place a step of its own, with this scaled return-to-go and time.</summary>
    public void Set(int row, int place, float scaledReturn, int time)
    {
        var step = Step(row, place);
        (step[StepColumns.Return], step[StepColumns.Time]) = (scaledReturn, time);
        _mask.AsSpan((row * steps + place) * StepColumns.TokensPerStep, StepColumns.TokensPerStep).Fill(1);
    }

    /// <summary>The windows as a batch, attached to no scope.</summary>
    public Batch ToBatch(Device device, float[]? labels = null, IReadOnlyList<int>? sourceRows = null) => new()
    {
        Inputs = tensor(_values, [rows, steps, columns.Width], device: device).DetachFromDisposeScope(),
        Mask = _mask.Contains(0) ? tensor(_mask, [rows, steps * StepColumns.TokensPerStep], device: device).DetachFromDisposeScope() : null,
        Labels = labels is null ? null : tensor(labels, [rows, steps, columns.ActionSize], device: device).DetachFromDisposeScope(),
        Rows = sourceRows,
    };

    private Span<float> Step(int row, int place) => _values.AsSpan((row * steps + place) * columns.Width, columns.Width);
}
