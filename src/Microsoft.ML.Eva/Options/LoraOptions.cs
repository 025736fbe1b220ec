namespace Microsoft.ML.Eva;

/// <summary>LoRA: h = W·x + b + (alpha / rank)·B·A·x, with W frozen, A and B trained (arXiv 2106.09685).</summary>
public sealed class LoraOptions : LowRankOptions
{
    internal override AdapterOptions Clone()
    {
        var clone = (LoraOptions)MemberwiseClone();
        clone.TargetLayers = TargetLayers?.ToArray();
        clone.Initialization = Initialization.Clone();
        return clone;
    }
}
