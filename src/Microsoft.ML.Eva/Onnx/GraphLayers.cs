using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Layers;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Onnx;

/// <summary>
/// The layers of a network by the names of its weights, as nodes: the counterpart of <see cref="WeightBinder"/>. The views it makes
/// of weights belong to the caller's dispose scope.
/// </summary>
internal sealed class GraphLayers
{
    private readonly Dictionary<string, Weight> _weights;
    private readonly Dictionary<string, AdaptableLayer> _layers;
    private readonly string _prefix;

    /// <summary>The layers of a network whose adapters have been merged.</summary>
    public GraphLayers(GraphBuilder graph, Network network) : this(
        graph, network.Weights.Concat(network.Backbone.Constants).ToDictionary(weight => weight.Name), network.Backbone.AdaptableLayers.ToDictionary(layer => layer.Name), "")
    {
    }

    private GraphLayers(GraphBuilder graph, Dictionary<string, Weight> weights, Dictionary<string, AdaptableLayer> layers, string prefix) =>
        (Graph, _weights, _layers, _prefix) = (graph, weights, layers, prefix);

    /// <summary>The graph that the layers' nodes are added to.</summary>
    public GraphBuilder Graph { get; }

    /// <summary>The layers whose names begin with <paramref name="prefix"/> and a dot.</summary>
    public GraphLayers Scope(string prefix) => new(Graph, _weights, _layers, $"{_prefix}{prefix}.");

    /// <summary>Whether the network has a weight or constant of that name.</summary>
    public bool Has(string name) => _weights.ContainsKey(_prefix + name);

    /// <summary>The weight of that name, for what is computed from it beforehand.</summary>
    public Weight Of(string name) => _weights[_prefix + name];

    /// <summary>The weight of that name as it is.</summary>
    public GraphValue Weight(string name) => Graph.Weight(_prefix + name, Of(name).Value);

    /// <summary>What was computed beforehand, under a name of its own.</summary>
    public GraphValue Computed(string name, Tensor tensor) => Graph.Weight(_prefix + name, tensor);

    /// <summary>y = W·x + b; the weight goes into the file as [in, out], the layout that MatMul takes.</summary>
    public GraphValue Linear(string name, GraphValue x)
    {
        var weight = Of($"{name}.weight");
        var isTransposed = _layers.GetValueOrDefault(_prefix + name) is AdaptableLinear { IsTransposed: true };
        var matrix = Graph.Weight(weight.Name, isTransposed ? weight.Value : weight.Value.t());
        var product = x.MatMul(matrix, $"{_prefix}{name}/MatMul");
        return Has($"{name}.bias") ? Graph.Node("Add", [product, Weight($"{name}.bias")], name: $"{_prefix}{name}") : product;
    }

    /// <summary>Layer normalisation over the last dimension.</summary>
    public GraphValue LayerNorm(string name, GraphValue x, double epsilon)
    {
        GraphValue[] inputs = Has($"{name}.bias") ? [x, Weight($"{name}.weight"), Weight($"{name}.bias")] : [x, Weight($"{name}.weight")];
        return Graph.Node("LayerNormalization", inputs, [GraphAttribute.Of("axis", -1), GraphAttribute.Of("epsilon", epsilon)], _prefix + name);
    }

    /// <summary>The vectors that <paramref name="ids"/> name.</summary>
    public GraphValue Embedding(string name, GraphValue ids) => Weight($"{name}.weight").Rows(ids, _prefix + name);

    /// <summary>A convolution of the backbone's.</summary>
    public GraphValue Convolution(string name, GraphValue x)
    {
        var layer = (AdaptableConv2d)_layers[_prefix + name];
        var steps = layer.Steps;
        GraphValue[] inputs = layer.Bias is null ? [x, Weight($"{name}.weight")] : [x, Weight($"{name}.weight"), Weight($"{name}.bias")];
        return Graph.Node(
            "Conv", inputs,
            [
                GraphAttribute.Of("kernel_shape", [layer.Kernel.Height, layer.Kernel.Width]), GraphAttribute.Of("strides", [steps.Stride, steps.Stride]),
                GraphAttribute.Of("pads", [steps.Padding, steps.Padding, steps.Padding, steps.Padding]),
                GraphAttribute.Of("dilations", [steps.Dilation, steps.Dilation]), GraphAttribute.Of("group", steps.Groups),
            ],
            _prefix + name);
    }

    /// <summary>Batch normalisation with the statistics of pretraining.</summary>
    public GraphValue BatchNorm2d(string name, GraphValue x, double epsilon) => Graph.Node(
        "BatchNormalization", [x, Weight($"{name}.weight"), Weight($"{name}.bias"), Weight($"{name}.running_mean"), Weight($"{name}.running_var")],
        [GraphAttribute.Of("epsilon", epsilon)], _prefix + name);
}
