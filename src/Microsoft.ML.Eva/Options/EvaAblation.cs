namespace Microsoft.ML.Eva;

/// <summary>The paper's ablations of EVA's start, for research: each destroys one thing that the start carries.</summary>
public enum EvaAblation
{
    /// <summary>EVA as it is.</summary>
    None,

    /// <summary>
    /// In every column of A, on its own, the entries are shuffled among the rows, as in the authors' code: what each input feature
    /// counts in all stays, the directions are lost. Nothing happens to rank 1.
    /// </summary>
    Permuted,

    /// <summary>A's rows are rotated among each other by a random orthogonal matrix: the span stays, its axes are lost.</summary>
    Rotated,

    /// <summary>A is drawn as in plain LoRA: only EVA's ranks stay.</summary>
    RandomDirections,
}
