using Onnx;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Resnet;

/// <summary>
/// Reads ResNet-18 from a CNTK export in ONNX, whose weights have numbers for names, under the names of Hugging Face's
/// ResNetModel. The graph gives the order: convolutions come with their normalisation, a shortcut's before its block's.
/// </summary>
internal static class Resnet18OnnxReader
{
    /// <summary>ImageNet's deviations of red, green and blue, by which pictures are divided here and in every other checkpoint.</summary>
    public static readonly double[] Deviation = [0.229, 0.224, 0.225];

    /// <summary>Blocks of each stage. The file's last stage has one more than the textbook's ResNet-18.</summary>
    public static readonly int[] Depths = [2, 2, 2, 3];

    private const long LargestFile = 256L << 20;
    private const double Epsilon = 1e-5;

    /// <summary>
    /// The weights, float32, attached to no dispose scope. The file's network takes blue, green, red from 0 to 255 less the mean; the
    /// first kernel is changed so that it takes red, green, blue from 0 to 1, less the mean, divided by <see cref="Deviation"/>.
    /// </summary>
    /// <exception cref="InvalidDataException">The file holds no such network.</exception>
    public static Dictionary<string, Tensor> Read(string path) => OfGraph(path, ToTensors);

    private static Dictionary<string, Tensor> ToTensors(GraphProto graph, string source)
    {
        var initializers = graph.Initializer.ToDictionary(i => i.Name);
        var normalizations = graph.Node.Where(node => node.OpType == "BatchNormalization").ToDictionary(node => node.Input[0]);
        var names = new Queue<string>(ConvolutionNames());
        var tensors = new Dictionary<string, Tensor>();
        try
        {
            foreach (var convolution in graph.Node.Where(node => node.OpType == "Conv"))
            {
                if (!names.TryDequeue(out var name) || convolution.Input.Count != 2 || !normalizations.TryGetValue(convolution.Output[0], out var normalization))
                    throw new InvalidDataException($"{source} is not ResNet-18: its convolution '{convolution.Name}' has no place there.");
                AddLayer(tensors, name, convolution, normalization, initializers, source);
            }
            if (names.Count > 0)
                throw new InvalidDataException($"{source} is not ResNet-18: it has {names.Count} convolutions too few.");
            TakeRedGreenBlue(tensors);
            return tensors;
        }
        catch
        {
            foreach (var tensor in tensors.Values)
                tensor.Dispose();
            throw;
        }
    }

    /// <summary>The means of red, green and blue, from 0 to 255, over the mean picture that the package's preprocessing subtracts.</summary>
    /// <exception cref="InvalidDataException">The file holds no mean picture.</exception>
    public static double[] ReadMean(string path) => OfGraph(path, ToMean);

    private static double[] ToMean(GraphProto graph, string source)
    {
        var picture = graph.Initializer.FirstOrDefault(i => i.Name == "MeanImage");
        if (picture is null || picture.Dims.Count != 4 || picture.Dims[1] != 3)
            throw new InvalidDataException($"{source} has no mean picture [1, 3, height, width].");
        using var tensor = OnnxWeights.ToTensor(picture, source);
        using var means = tensor.to_type(float64).mean([0, 2, 3]);
        return [.. means.data<double>().ToArray().Reverse()]; // the file's order is blue, green, red
    }

    private static void AddLayer(Dictionary<string, Tensor> tensors, string name, NodeProto convolution, NodeProto normalization, Dictionary<string, TensorProto> initializers, string source)
    {
        var epsilon = normalization.Attribute.FirstOrDefault(a => a.Name == "epsilon")?.F ?? Epsilon;
        if (normalization.Input.Count != 5 || Math.Abs(epsilon - Epsilon) > 1e-9)
            throw new InvalidDataException($"{source} is not ResNet-18: the normalisation '{normalization.Name}' is of another kind.");
        tensors[$"{name}.convolution.weight"] = Find(convolution.Input[1]);
        string[] parts = ["weight", "bias", "running_mean", "running_var"];
        for (var i = 0; i < parts.Length; i++)
            tensors[$"{name}.normalization.{parts[i]}"] = Find(normalization.Input[i + 1]);

        Tensor Find(string input) => initializers.TryGetValue(input, out var proto)
            ? OnnxWeights.ToTensor(proto, source)
            : throw new InvalidDataException($"{source} is not ResNet-18: it has no values for '{input}'.");
    }

    // As the nodes stand in the file.
    private static IEnumerable<string> ConvolutionNames()
    {
        yield return "embedder.embedder";
        for (var stage = 0; stage < Depths.Length; stage++)
            for (var layer = 0; layer < Depths[stage]; layer++)
            {
                var block = $"encoder.stages.{stage}.layers.{layer}";
                if (stage > 0 && layer == 0)
                    yield return $"{block}.shortcut";
                yield return $"{block}.layer.0";
                yield return $"{block}.layer.1";
            }
    }

    private static void TakeRedGreenBlue(Dictionary<string, Tensor> tensors)
    {
        const string name = "embedder.embedder.convolution.weight";
        using var scope = NewDisposeScope();
        var old = tensors[name]; // [64, 3, 7, 7], input channels blue, green, red
        var scale = tensor(Deviation.Select(d => (float)(255 * d)).ToArray(), [1, 3, 1, 1]);
        tensors[name] = (old.flip(1) * scale).DetachFromDisposeScope();
        old.Dispose();
    }

    private static T OfGraph<T>(string path, Func<GraphProto, string, T> read)
    {
        var source = Path.GetFileName(path);
        if (new FileInfo(path).Length > LargestFile)
            throw new InvalidDataException($"{source} has more than {LargestFile} bytes.");
        using var stream = File.OpenRead(path);
        return OnnxWeights.Read(stream, source, graph => read(graph, source));
    }
}
