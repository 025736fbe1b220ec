using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Onnx;
using Microsoft.ML.OnnxRuntime;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Onnx;

/// <summary>A model file in ONNX Runtime, one thread.</summary>
internal sealed class RuntimeSession : IDisposable
{
    private readonly InferenceSession _session;

    public RuntimeSession(string modelPath)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        _session = new InferenceSession(modelPath, options);
    }

    /// <summary>The graph, written to a file and read again. <paramref name="largest"/> is the most bytes that the file may have.</summary>
    public static RuntimeSession Of(GraphBuilder graph, long largest = OnnxFile.LargestMessage)
    {
        var folder = Directory.CreateTempSubdirectory("eva-onnx-");
        try
        {
            var path = Path.Combine(folder.FullName, "model.onnx");
            new OnnxFile(graph, "network", new Dictionary<string, string>()).Write(path, path + "_data", "model.onnx_data", largest);
            return new RuntimeSession(path);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    public IReadOnlyList<string> InputNames => [.. _session.InputMetadata.Keys];

    public IReadOnlyList<string> OutputNames => [.. _session.OutputMetadata.Keys];

    public IReadOnlyDictionary<string, string> Metadata => _session.ModelMetadata.CustomMetadataMap;

    /// <summary>The outputs of a batch, in the caller's dispose scope; a batch without a mask has no padding.</summary>
    public Dictionary<string, Tensor> Run(Batch batch)
    {
        using var scope = NewDisposeScope();
        var outputs = Run(new Dictionary<string, Tensor>
        {
            ["pixel_values"] = batch.Inputs,
            ["input_ids"] = batch.Inputs,
            ["attention_mask"] = batch.Mask ?? ones_like(batch.Inputs),
            ["token_type_ids"] = batch.TokenTypes ?? zeros_like(batch.Inputs),
        });
        foreach (var output in outputs.Values)
            output.MoveToOuterDisposeScope();
        return outputs;
    }

    /// <summary>The outputs of these inputs, of which there may be more than the graph has, in the caller's dispose scope.</summary>
    public Dictionary<string, Tensor> Run(IReadOnlyDictionary<string, Tensor> inputs)
    {
        using var scope = NewDisposeScope();
        var values = InputNames.ToDictionary(name => name, name => ToValue(inputs[name]));
        using var options = new RunOptions();
        using var outputs = _session.Run(options, values, [.. OutputNames]);
        foreach (var value in values.Values)
            value.Dispose();
        return OutputNames.Zip(outputs).ToDictionary(
            output => output.First,
            output => tensor(output.Second.GetTensorDataAsSpan<float>().ToArray(), output.Second.GetTensorTypeAndShape().Shape).MoveToOuterDisposeScope());
    }

    public void Dispose() => _session.Dispose();

    private static OrtValue ToValue(Tensor tensor) => tensor.dtype == ScalarType.Int64
        ? OrtValue.CreateTensorValueFromMemory(Values<long>(tensor), tensor.shape)
        : OrtValue.CreateTensorValueFromMemory(Values<float>(tensor), tensor.shape);

    private static T[] Values<T>(Tensor tensor) where T : unmanaged => tensor.numel() == 0 ? [] : tensor.contiguous().data<T>().ToArray();
}
