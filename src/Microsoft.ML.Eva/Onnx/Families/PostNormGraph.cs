using Microsoft.ML.Eva.Backbones.Layers;

namespace Microsoft.ML.Eva.Onnx.Families;

/// <summary>Nodes of what follows attention in BERT and its relatives. Mirrors <see cref="PostNormBlock"/>.</summary>
internal static class PostNormGraph
{
    /// <summary>From a layer's input and what attention made of it to the layer's output.</summary>
    public static GraphValue Forward(GraphLayers layer, PostNormShape shape, GraphValue x, GraphValue context)
    {
        var attended = layer.LayerNorm(shape.AttentionNorm, layer.Linear(shape.AttentionOutput, context) + x, shape.NormEpsilon);
        var inner = layer.Linear(shape.Intermediate, attended).Activate(shape.Activation);
        return layer.LayerNorm(shape.OutputNorm, layer.Linear(shape.Output, inner) + attended, shape.NormEpsilon);
    }
}
