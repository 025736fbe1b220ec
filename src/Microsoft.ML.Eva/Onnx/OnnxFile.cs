using System.Globalization;
using Google.Protobuf;
using Microsoft.ML.Eva.Tensors;
using Onnx;
using static Onnx.TensorProto.Types;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Onnx;

/// <summary>
/// Writes a graph as an ONNX file. The weights go into it one by one, as float32, so that no second copy of the model is ever in
/// memory; where the file would grow beyond what its format can hold, they go into a file of their own beside it.
/// </summary>
internal sealed class OnnxFile(GraphBuilder graph, string graphName, IReadOnlyDictionary<string, string> metadata)
{
    /// <summary>The most bytes a message of Protocol Buffers may have.</summary>
    public const long LargestMessage = int.MaxValue;

    // Version 8 of the file format came with opset 17.
    private const long FormatVersion = 8;
    private const long PageSize = 4096; // so that runtimes can map weights into memory instead of reading them
    private const long SmallestOutside = 1024; // what is smaller stays inside: there are many, and pages are large
    private const byte GraphField = (7 << 3) | 2; // of ModelProto: a message
    private const byte InitializerField = (5 << 3) | 2; // of GraphProto: messages
    private const byte RawDataField = (9 << 3) | 2; // of TensorProto: bytes

    /// <summary>Writes the model and, if one file cannot hold it, its weights.</summary>
    /// <param name="modelPath">The file of the model.</param>
    /// <param name="weightsPath">The file of the weights, which the model refers to as <paramref name="weightsName"/> in its own folder.</param>
    /// <param name="weightsName">The name that the file of weights will have.</param>
    /// <param name="largest">The most bytes that the model's file may have.</param>
    /// <returns>Whether there is a file of weights.</returns>
    public bool Write(string modelPath, string weightsPath, string weightsName, long largest = LargestMessage)
    {
        using var frozen = no_grad();
        var inside = graph.Weights.ToList();
        var (head, body) = (Head().ToByteArray(), graph.ToProto(graphName).ToByteArray());
        if (head.Length + body.Length + inside.Sum(weight => weight.Length + 256L + weight.Name.Length) <= largest)
        {
            Write(modelPath, head, body, inside);
            return false;
        }
        var outside = inside.Where(weight => weight.Length >= SmallestOutside).ToList();
        var proto = graph.ToProto(graphName);
        using (var stream = File.Create(weightsPath))
            foreach (var weight in outside)
                proto.Initializer.Add(WriteOutside(stream, weight, weightsName));
        Write(modelPath, head, proto.ToByteArray(), [.. inside.Except(outside)]);
        return true;
    }

    private ModelProto Head()
    {
        var model = new ModelProto
        {
            IrVersion = FormatVersion,
            ProducerName = typeof(OnnxFile).Assembly.GetName().Name,
            ProducerVersion = typeof(OnnxFile).Assembly.GetName().Version?.ToString(3) ?? "",
        };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = GraphBuilder.Opset });
        model.MetadataProps.AddRange(metadata.Select(entry => new StringStringEntryProto { Key = entry.Key, Value = entry.Value }));
        return model;
    }

    // The fields of a message may come in pieces: only a message within another needs its length beforehand.
    private static void Write(string path, byte[] head, byte[] body, List<GraphWeight> weights)
    {
        using var stream = File.Create(path);
        stream.Write(head);
        var headers = weights.Select(weight => Header(weight).ToByteArray()).ToList();
        var lengths = weights.Select((weight, i) => headers[i].Length + 1 + VarintLength(weight.Length) + weight.Length).ToList();
        WritePrefix(stream, GraphField, body.Length + lengths.Sum(length => 1 + VarintLength(length) + length));
        stream.Write(body);
        for (var i = 0; i < weights.Count; i++)
        {
            WritePrefix(stream, InitializerField, lengths[i]);
            stream.Write(headers[i]);
            WritePrefix(stream, RawDataField, weights[i].Length);
            WriteValues(stream, weights[i]);
        }
    }

    private static TensorProto WriteOutside(FileStream stream, GraphWeight weight, string file)
    {
        stream.Position = (stream.Position + PageSize - 1) / PageSize * PageSize;
        var proto = Header(weight);
        proto.DataLocation = DataLocation.External;
        proto.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = file });
        proto.ExternalData.Add(new StringStringEntryProto { Key = "offset", Value = stream.Position.ToString(CultureInfo.InvariantCulture) });
        proto.ExternalData.Add(new StringStringEntryProto { Key = "length", Value = weight.Length.ToString(CultureInfo.InvariantCulture) });
        WriteValues(stream, weight);
        return proto;
    }

    private static TensorProto Header(GraphWeight weight) => new() { Dims = { weight.Tensor.shape }, DataType = (int)DataType.Float, Name = weight.Name };

    private static void WriteValues(Stream stream, GraphWeight weight)
    {
        using var scope = NewDisposeScope();
        TensorBytes.WriteTo(stream, weight.Tensor.detach().to_type(ScalarType.Float32).cpu().contiguous());
    }

    private static void WritePrefix(Stream stream, byte field, long length)
    {
        stream.WriteByte(field);
        for (; length >= 0x80; length >>= 7)
            stream.WriteByte((byte)(length | 0x80));
        stream.WriteByte((byte)length);
    }

    private static int VarintLength(long value) => CodedOutputStream.ComputeUInt64Size((ulong)value);
}
