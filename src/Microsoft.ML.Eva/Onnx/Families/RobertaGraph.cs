using Microsoft.ML.Eva.Backbones.Roberta;
using static Onnx.TensorProto.Types;

namespace Microsoft.ML.Eva.Onnx.Families;

/// <summary>Nodes of RoBERTa and XLM-R: BERT's layers with positions counted from the ids. Mirrors <see cref="RobertaBackbone"/>.</summary>
internal static class RobertaGraph
{
    /// <summary>The last hidden state [batch, tokens, hidden].</summary>
    public static GraphValue Forward(GraphLayers layers, TextGraphInputs inputs, RobertaConfig config) =>
        BertGraph.Encode(layers, BertGraph.Embed(layers, inputs, Positions(inputs.Ids, config.PadId), config.Encoder), inputs.Padding, config.Encoder);

    /// <summary>Tokens that are not padding counted from padding's id + 1, padding by its id.</summary>
    public static GraphValue Positions(GraphValue ids, int padId)
    {
        var graph = ids.Graph;
        var isToken = ids.Apply("Equal", graph.Integer(padId)).Apply("Not").To(DataType.Int64);
        return isToken.Apply("CumSum", graph.Integer(1)) * isToken + graph.Integer(padId);
    }
}
