using Microsoft.ML.Eva.Backbones.Bert;
using Microsoft.ML.Eva.Backbones.Electra;

namespace Microsoft.ML.Eva.Onnx.Families;

/// <summary>Nodes of ELECTRA: BERT with embeddings of a size of their own. Mirrors <see cref="ElectraBackbone"/>.</summary>
internal static class ElectraGraph
{
    /// <summary>The last hidden state [batch, tokens, hidden].</summary>
    public static GraphValue Forward(GraphLayers layers, TextGraphInputs inputs, BertConfig config)
    {
        var embeddings = BertGraph.Embed(layers, inputs, inputs.Places, config);
        var projected = layers.Has("embeddings_project.weight") ? layers.Linear("embeddings_project", embeddings) : embeddings;
        return BertGraph.Encode(layers, projected, inputs.Padding, config);
    }
}
