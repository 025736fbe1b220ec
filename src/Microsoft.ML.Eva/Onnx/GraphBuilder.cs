using System.Globalization;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Onnx;
using static Onnx.TensorProto.Types;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Onnx;

/// <summary>
/// Collects the inputs, weights and nodes of a graph in the order in which they compute. Weights are views: they are read when the
/// file is written, and must live until then.
/// </summary>
internal sealed class GraphBuilder
{
    /// <summary>The version of ONNX's operators. 17 (of 2022) is the first with LayerNormalization.</summary>
    public const int Opset = 17;

    private readonly List<GraphNode> _nodes = [];
    private readonly List<ValueInfoProto> _inputs = [];
    private readonly List<ValueInfoProto> _outputs = [];
    private readonly Dictionary<string, GraphWeight> _weights = [];
    private readonly Dictionary<string, TensorProto> _constants = [];
    private readonly Dictionary<string, int> _names = [];

    /// <summary>The weights, each once, however often it is used.</summary>
    public IReadOnlyCollection<GraphWeight> Weights => _weights.Values;

    /// <summary>The graph's inputs by name, with their sizes: numbers, or names where any size will do.</summary>
    public IReadOnlyList<ValueInfoProto> Inputs => _inputs;

    /// <summary>The graph's outputs by name.</summary>
    public IReadOnlyList<ValueInfoProto> Outputs => _outputs;

    /// <summary>Adds an input. Sizes are numbers, or names where any size will do.</summary>
    public GraphValue Input(string name, DataType type, params object[] sizes)
    {
        _inputs.Add(Describe(name, type, sizes));
        return new GraphValue(this, name);
    }

    /// <summary>Gives a value, which a node must have made, its name outside.</summary>
    public void Output(string name, GraphValue value, params object[] sizes)
    {
        value.Name = name;
        _outputs.Add(Describe(name, DataType.Float, sizes));
    }

    /// <summary>Adds an operation with one output. <paramref name="name"/> is what to call it; null: the operation.</summary>
    public GraphValue Node(string operation, IReadOnlyList<GraphValue> inputs, IReadOnlyList<AttributeProto>? attributes = null, string? name = null) =>
        Nodes(operation, inputs, 1, attributes, name)[0];

    /// <summary>Adds an operation with several outputs.</summary>
    public IReadOnlyList<GraphValue> Nodes(string operation, IReadOnlyList<GraphValue> inputs, int outputCount, IReadOnlyList<AttributeProto>? attributes = null, string? name = null)
    {
        var outputs = Enumerable.Range(0, outputCount).Select(_ => new GraphValue(this, Unused(name ?? operation))).ToArray();
        _nodes.Add(new GraphNode(operation, inputs, outputs, attributes ?? []));
        return outputs;
    }

    /// <summary>A weight of that name; asked for again, it is the same one.</summary>
    public GraphValue Weight(string name, Tensor tensor)
    {
        _weights.TryAdd(name, new GraphWeight(name, tensor));
        return new GraphValue(this, name);
    }

    /// <summary>A float32 number.</summary>
    public GraphValue Number(double value) => Constant(string.Create(CultureInfo.InvariantCulture, $"number {(float)value:r}"), DataType.Float, [], [(float)value]);

    /// <summary>A whole number, int64.</summary>
    public GraphValue Integer(long value) => Constant(string.Create(CultureInfo.InvariantCulture, $"integer {value}"), DataType.Int64, [], [value]);

    /// <summary>A list of whole numbers, int64, for shapes and axes.</summary>
    public GraphValue Integers(params long[] values) => Constant($"integers {string.Join(", ", values)}", DataType.Int64, [values.Length], values);

    /// <summary>Whole numbers to look up, int64, under a name of their own.</summary>
    public GraphValue Table(string name, long[] values) => Constant(name, DataType.Int64, [values.Length], values);

    /// <summary>The graph as the file has it, but for the weights.</summary>
    public GraphProto ToProto(string name)
    {
        var proto = new GraphProto { Name = name };
        proto.Node.AddRange(_nodes.Select(node => node.ToProto()));
        proto.Initializer.AddRange(_constants.Values);
        proto.Input.AddRange(_inputs);
        proto.Output.AddRange(_outputs);
        return proto;
    }

    private GraphValue Constant<T>(string name, DataType type, long[] shape, T[] values) where T : unmanaged
    {
        if (!_constants.ContainsKey(name))
        {
            var bytes = ByteString.CopyFrom(MemoryMarshal.AsBytes<T>(values));
            _constants.Add(name, new TensorProto { Name = name, DataType = (int)type, Dims = { shape }, RawData = bytes });
        }
        return new GraphValue(this, name);
    }

    private string Unused(string name)
    {
        var count = _names.GetValueOrDefault(name);
        _names[name] = count + 1;
        return count == 0 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}_{count}");
    }

    private static ValueInfoProto Describe(string name, DataType type, object[] sizes)
    {
        var shape = new TensorShapeProto();
        shape.Dim.AddRange(sizes.Select(size => size is string any
            ? new TensorShapeProto.Types.Dimension { DimParam = any }
            : new TensorShapeProto.Types.Dimension { DimValue = Convert.ToInt64(size, CultureInfo.InvariantCulture) }));
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = shape } } };
    }
}
