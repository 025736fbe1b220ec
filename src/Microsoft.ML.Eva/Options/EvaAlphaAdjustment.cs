namespace Microsoft.ML.Eva;

/// <summary>What happens to a layer's alpha when EVA changes its rank from r to r'.</summary>
public enum EvaAlphaAdjustment
{
    /// <summary>Alpha changes so that the scaling stays: times r'/r, or times √(r'/r) where the scaling is alpha/√r (rank-stabilised LoRA).</summary>
    PreserveScaling,

    /// <summary>Alpha times r'/r whatever the scaling is, as PEFT does; this changes the scaling of rank-stabilised LoRA.</summary>
    Proportional,

    /// <summary>Alpha stays, as in the paper's own code.</summary>
    None,
}
