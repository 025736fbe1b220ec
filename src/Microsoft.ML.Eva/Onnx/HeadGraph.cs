using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Bert;
using Microsoft.ML.Eva.Backbones.Gpt2;
using Microsoft.ML.Eva.Backbones.Heads;
using Microsoft.ML.Eva.Backbones.Modernbert;
using static Onnx.TensorProto.Types;

namespace Microsoft.ML.Eva.Onnx;

/// <summary>Nodes of every head: from the last hidden state to the outputs [batch, outputs]. Mirrors what Backbones has in its heads.</summary>
internal static class HeadGraph
{
    /// <summary>The head's outputs. <paramref name="text"/> is null for pictures.</summary>
    /// <exception cref="NotSupportedException">The head is none that scores rows.</exception>
    public static GraphValue Forward(GraphLayers layers, Head head, GraphValue hidden, TextGraphInputs? text) => head switch
    {
        BertPoolerHead => layers.Linear("classifier", layers.Linear("pooler.dense", First(hidden)).Apply("Tanh")),
        ClsHead => layers.Linear("classifier", First(hidden)),
        DenseHead dense => layers.Linear(dense.Shape.Classifier, layers.Linear(dense.Shape.Dense, First(hidden)).Activate(dense.Shape.Activation)),
        Gpt2ClassifierHead last => layers.Linear("score", LastToken(hidden, text!, last.PadId)),
        MeanHead => layers.Linear("classifier", Mean(hidden, text)),
        ModernbertHead own => Modernbert(layers, own, own.TakesMean ? Mean(hidden, text) : First(hidden)),
        PatchHead patches => layers.Linear("classifier", Patches(hidden, patches)),
        PlaceMeanHead => layers.Linear("classifier.1", hidden.Mean(2, 3)),
        _ => throw new NotSupportedException($"A {head.GetType().Name} cannot be written as ONNX."),
    };

    private static GraphValue First(GraphValue hidden) => hidden.Select(1, 0);

    private static GraphValue Mean(GraphValue hidden, TextGraphInputs? text)
    {
        if (text is null)
            return hidden.Mean(1);
        var weights = GraphAttention.TokenWeights(text.Mask); // [batch, tokens, 1]
        return (hidden * weights).Sum(1) / weights.Sum(1).Apply("Max", hidden.Graph.Number(1));
    }

    private static GraphValue Modernbert(GraphLayers layers, ModernbertHead head, GraphValue pooled)
    {
        var dense = layers.Linear("head.dense", pooled).Activate(head.Activation);
        return layers.Linear("classifier", layers.LayerNorm("head.norm", dense, head.NormEpsilon));
    }

    private static GraphValue Patches(GraphValue hidden, PatchHead head)
    {
        var mean = hidden.Narrow(1, head.PrefixTokens).Mean(1);
        return head.WithCls ? hidden.Graph.Concat(1, First(hidden), mean) : mean;
    }

    // As in the reference, an end token whose id is the padding's does not count either. Places are numbers here, since not every
    // runtime takes the largest of whole ones.
    private static GraphValue LastToken(GraphValue hidden, TextGraphInputs text, int? padId)
    {
        var graph = hidden.Graph;
        var counts = text.Mask.Apply("Equal", graph.Integer(0)).Apply("Not");
        if (padId is { } id)
            counts = counts.Apply("And", text.Ids.Apply("Equal", graph.Integer(id)).Apply("Not"));
        var places = text.Places.To(DataType.Float) * counts.To(DataType.Float);
        var last = graph.Node("ArgMax", [places], [GraphAttribute.Of("axis", 1), GraphAttribute.Of("keepdims", 1)]); // [batch, 1]
        return graph.Node("GatherND", [hidden, last], [GraphAttribute.Of("batch_dims", 1)]);
    }
}
