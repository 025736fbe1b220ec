namespace Microsoft.ML.Eva;

/// <summary>What EVA compares with tau to call a component stable from one mini-batch to the next.</summary>
public enum EvaConvergenceMeasure
{
    /// <summary>|cosine| of a component with the one of the same index before: a component that only changed its sign is stable.</summary>
    AbsoluteCosine,

    /// <summary>The cosine with its sign, as PEFT does: a flipped component counts as unstable and costs more mini-batches.</summary>
    SignedCosine,

    /// <summary>Length of a component's projection on the span of all components before: components that only swapped places or rotated among each other are stable.</summary>
    Subspace,
}
