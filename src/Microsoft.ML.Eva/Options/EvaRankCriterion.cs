namespace Microsoft.ML.Eva;

/// <summary>By which number EVA compares components of different layers when it gives them ranks. λ = σ²/(M − 1) for M tokens.</summary>
public enum EvaRankCriterion
{
    /// <summary>σ² divided by the layer's total scatter: the explained variance ratio. Independent of a layer's scale.</summary>
    Ratio,

    /// <summary>λ itself. Layers with large activations win.</summary>
    Raw,

    /// <summary>λ divided by the sum of the layer's computed λ.</summary>
    Sum,

    /// <summary>λ divided by the layer's largest λ.</summary>
    Maximum,

    /// <summary>Equation (3) of the paper as printed: σ²/((M − 1)·Σσ). Depends on a layer's scale.</summary>
    Literal,
}
