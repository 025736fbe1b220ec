namespace Microsoft.ML.Eva.Data.Trajectories;

/// <summary>How the numbers of one step of an episode lie in a batch: return-to-go, time step, state, action.</summary>
/// <param name="StateSize">Numbers in a state.</param>
/// <param name="ActionSize">Numbers in an action.</param>
internal readonly record struct StepColumns(int StateSize, int ActionSize)
{
    /// <summary>The return-to-go, divided by the policy's scale.</summary>
    public const int Return = 0;

    /// <summary>The time step within the episode, counted from 0: whole numbers, exact as float32 up to 2²⁴.</summary>
    public const int Time = 1;

    /// <summary>The first number of the state.</summary>
    public const int State = 2;

    /// <summary>The tokens that a network makes of a step: return-to-go, state, action.</summary>
    public const int TokensPerStep = 3;

    /// <summary>The first number of the action.</summary>
    public int Action => State + StateSize;

    /// <summary>Numbers in a step.</summary>
    public int Width => State + StateSize + ActionSize;
}
