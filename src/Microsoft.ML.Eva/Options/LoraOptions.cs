namespace Microsoft.ML.Eva;

/// <summary>LoRA: h = W·x + b + (alpha / rank)·B·A·x, with W frozen, A and B trained (arXiv 2106.09685).</summary>
public sealed class LoraOptions : LowRankOptions
{
    /// <summary>Gets or sets whether B has a bias of its own, trained from 0: h = W·x + b + s·(B·A·x + c).</summary>
    /// <value>Default: <see langword="false"/>.</value>
    public bool HasUpdateBias { get; set; }
}
