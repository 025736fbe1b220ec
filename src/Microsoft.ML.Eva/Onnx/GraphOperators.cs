using static Onnx.TensorProto.Types;

namespace Microsoft.ML.Eva.Onnx;

/// <summary>ONNX's operators under the names and with the arguments that torch's have.</summary>
internal static class GraphOperators
{
    /// <summary>The matrix product over the last two dimensions.</summary>
    public static GraphValue MatMul(this GraphValue a, GraphValue b, string? name = null) => a.Graph.Node("MatMul", [a, b], name: name);

    /// <summary>Reorders the dimensions.</summary>
    public static GraphValue Permute(this GraphValue x, params long[] order) => x.Graph.Node("Transpose", [x], [GraphAttribute.Of("perm", order)]);

    /// <summary>Another shape over the same values; 0 keeps a dimension's size, −1 takes what is left.</summary>
    public static GraphValue Reshape(this GraphValue x, params long[] shape) => x.Graph.Node("Reshape", [x, x.Graph.Integers(shape)]);

    /// <summary>Another shape over the same values, which is a value itself.</summary>
    public static GraphValue Reshape(this GraphValue x, GraphValue shape) => x.Graph.Node("Reshape", [x, shape]);

    /// <summary>Adds dimensions of size 1 at these places of the result.</summary>
    public static GraphValue Unsqueeze(this GraphValue x, params long[] places) => x.Graph.Node("Unsqueeze", [x, x.Graph.Integers(places)]);

    /// <summary>Repeats dimensions of size 1 up to a shape, which is a value itself.</summary>
    public static GraphValue Expand(this GraphValue x, GraphValue shape) => x.Graph.Node("Expand", [x, shape]);

    /// <summary>The sizes of the dimensions from <paramref name="start"/> to before <paramref name="end"/>, int64.</summary>
    public static GraphValue Shape(this GraphValue x, long start, long end) =>
        x.Graph.Node("Shape", [x], [GraphAttribute.Of("start", start), GraphAttribute.Of("end", end)]);

    /// <summary>The size of a dimension, without dimensions itself; int64.</summary>
    public static GraphValue Length(this GraphValue x, long dimension) => x.Shape(dimension, dimension + 1).Apply("Squeeze");

    /// <summary>The entries of one dimension from <paramref name="start"/> to before <paramref name="end"/>; beyond the last means all.</summary>
    public static GraphValue Narrow(this GraphValue x, long dimension, long start, long end = long.MaxValue) =>
        x.Graph.Node("Slice", [x, x.Graph.Integers(start), x.Graph.Integers(end), x.Graph.Integers(dimension)]);

    /// <summary>One entry of a dimension, which vanishes.</summary>
    public static GraphValue Select(this GraphValue x, long dimension, long place) =>
        x.Graph.Node("Gather", [x, x.Graph.Integer(place)], [GraphAttribute.Of("axis", dimension)]);

    /// <summary>The rows of a table that <paramref name="ids"/> name.</summary>
    public static GraphValue Rows(this GraphValue table, GraphValue ids, string? name = null) =>
        table.Graph.Node("Gather", [table, ids], [GraphAttribute.Of("axis", 0)], name);

    /// <summary>For every place of <paramref name="places"/> the entry of the last dimension that it names.</summary>
    public static GraphValue GatherLast(this GraphValue x, GraphValue places) =>
        x.Graph.Node("GatherElements", [x, places], [GraphAttribute.Of("axis", -1)]);

    /// <summary>Puts values side by side.</summary>
    public static GraphValue Concat(this GraphBuilder graph, long dimension, params GraphValue[] values) =>
        graph.Node("Concat", values, [GraphAttribute.Of("axis", dimension)]);

    /// <summary>Cuts the last dimension into equal parts.</summary>
    public static IReadOnlyList<GraphValue> Chunk(this GraphValue x, int count) =>
        x.Graph.Nodes("Split", [x], count, [GraphAttribute.Of("axis", -1)]);

    /// <summary>0, 1, … before <paramref name="count"/>, which has no dimensions; int64.</summary>
    public static GraphValue Range(this GraphValue count) => count.Graph.Node("Range", [count.Graph.Integer(0), count, count.Graph.Integer(1)]);

    /// <summary>The sum over a dimension, which vanishes.</summary>
    public static GraphValue Sum(this GraphValue x, long dimension) =>
        x.Graph.Node("ReduceSum", [x, x.Graph.Integers(dimension)], [GraphAttribute.Of("keepdims", 0)]);

    /// <summary>The running sum along a dimension.</summary>
    public static GraphValue RunningSum(this GraphValue x, long dimension) => x.Graph.Node("CumSum", [x, x.Graph.Integer(dimension)]);

    /// <summary>The mean over dimensions, which vanish.</summary>
    public static GraphValue Mean(this GraphValue x, params long[] dimensions) =>
        x.Graph.Node("ReduceMean", [x], [GraphAttribute.Of("axes", dimensions), GraphAttribute.Of("keepdims", 0)]);

    /// <summary>The softmax over the last dimension.</summary>
    public static GraphValue Softmax(this GraphValue x) => x.Graph.Node("Softmax", [x], [GraphAttribute.Of("axis", -1)]);

    /// <summary>A function of each entry that has no arguments: <c>Tanh</c>, <c>Sigmoid</c>, <c>Relu</c>, <c>Erf</c>, <c>Cos</c>, …</summary>
    public static GraphValue Apply(this GraphValue x, string function) => x.Graph.Node(function, [x]);

    /// <summary>A function of two values, broadcast: <c>Min</c>, <c>Max</c>, <c>Equal</c>, <c>Greater</c>, …</summary>
    public static GraphValue Apply(this GraphValue x, string function, GraphValue other) => x.Graph.Node(function, [x, other]);

    /// <summary>The entries of one value where a condition holds, else those of the other.</summary>
    public static GraphValue Where(this GraphValue condition, GraphValue then, GraphValue otherwise) =>
        condition.Graph.Node("Where", [condition, then, otherwise]);

    /// <summary>The same entries in another type.</summary>
    public static GraphValue To(this GraphValue x, DataType type) => x.Graph.Node("Cast", [x], [GraphAttribute.Of("to", (long)type)]);
}
