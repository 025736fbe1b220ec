using Onnx;

namespace Microsoft.ML.Eva.Onnx;

/// <summary>One operation of an exported graph.</summary>
internal sealed record GraphNode(string Operation, IReadOnlyList<GraphValue> Inputs, IReadOnlyList<GraphValue> Outputs, IReadOnlyList<AttributeProto> Attributes)
{
    /// <summary>The node as the file has it, named after its first output.</summary>
    public NodeProto ToProto()
    {
        var proto = new NodeProto { OpType = Operation, Name = Outputs[0].Name };
        proto.Input.AddRange(Inputs.Select(input => input.Name));
        proto.Output.AddRange(Outputs.Select(output => output.Name));
        proto.Attribute.AddRange(Attributes);
        return proto;
    }
}
