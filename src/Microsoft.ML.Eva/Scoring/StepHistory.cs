using Microsoft.ML.Eva.Data.Trajectories;

namespace Microsoft.ML.Eva.Scoring;

/// <summary>The last steps of an episode under way, as many as a policy looks at, the way its network sees them.</summary>
internal sealed class StepHistory(PolicySettings settings, StepColumns columns)
{
    private readonly Queue<Step> _steps = new();
    private Step? _last;

    /// <summary>Number of steps kept.</summary>
    public int Count => _steps.Count;

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        _steps.Clear();
        _last = null;
    }

    /// <summary>Begins a step, whose action is still open; the oldest one makes room.</summary>
    public void Begin(double returnToGo, int time, ReadOnlySpan<float> state)
    {
        if (_steps.Count == settings.ContextSteps)
            _steps.Dequeue();
        _last = new Step(settings.Scale(returnToGo), time, new float[columns.StateSize], new float[columns.ActionSize]);
        settings.Normalize(state, _last.State);
        _steps.Enqueue(_last);
    }

    /// <summary>Notes the action of the step that was begun.</summary>
    public void Complete(ReadOnlySpan<float> action) => action.CopyTo(_last!.Action);

    /// <summary>Writes the steps to the right end of a row of windows.</summary>
    public void CopyTo(StepWindows windows, int row, int windowSteps)
    {
        var place = windowSteps - _steps.Count;
        foreach (var step in _steps)
        {
            step.State.CopyTo(windows.State(row, place));
            step.Action.CopyTo(windows.Action(row, place));
            windows.Set(row, place++, step.ScaledReturn, step.Time);
        }
    }

    private sealed record Step(float ScaledReturn, int Time, float[] State, float[] Action);
}
