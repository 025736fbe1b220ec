using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Bert;
using Microsoft.ML.Eva.Backbones.Deberta;
using Microsoft.ML.Eva.Backbones.Distilbert;
using Microsoft.ML.Eva.Backbones.Gpt2;
using Microsoft.ML.Eva.Backbones.Modernbert;
using Microsoft.ML.Eva.Backbones.Mpnet;
using Microsoft.ML.Eva.Backbones.Resnet;
using Microsoft.ML.Eva.Backbones.Roberta;
using Microsoft.ML.Eva.Backbones.Vit;
using Microsoft.ML.Eva.Onnx.Families;
using Microsoft.ML.Eva.Scoring;
using static Onnx.TensorProto.Types;

namespace Microsoft.ML.Eva.Onnx;

/// <summary>Makes the graph of a network: the only place that knows which nodes a family has.</summary>
internal static class NetworkGraph
{
    /// <summary>The head's outputs before softmax or sigmoid, [batch, outputs]; of a regression the score itself.</summary>
    public const string Logits = "logits";

    /// <summary>What a classifier's <c>Score</c> holds, [batch, outputs].</summary>
    public const string Probabilities = "probabilities";

    /// <summary>Any number of rows.</summary>
    public const string Batch = "batch_size";

    /// <summary>Any number of tokens.</summary>
    public const string Tokens = "sequence_length";

    private delegate GraphValue TextForward(GraphLayers layers, TextGraphInputs inputs, ConfigReader config);

    private delegate GraphValue PictureForward(GraphLayers layers, GraphValue pixels, PictureSize size, ConfigReader config);

    private static readonly Dictionary<string, TextForward> Texts = new(StringComparer.Ordinal)
    {
        ["bert"] = (layers, inputs, config) => BertGraph.Forward(layers, inputs, BertConfig.Read(config)),
        ["deberta-v2"] = (layers, inputs, config) => new DebertaGraph(layers, inputs, DebertaConfig.Read(config)).Forward(),
        ["distilbert"] = (layers, inputs, config) => DistilbertGraph.Forward(layers, inputs, DistilbertConfig.Read(config)),
        ["electra"] = (layers, inputs, config) => ElectraGraph.Forward(layers, inputs, BertConfig.Read(config)),
        ["gpt2"] = (layers, inputs, config) => Gpt2Graph.Forward(layers, inputs, Gpt2Config.Read(config)),
        ["modernbert"] = (layers, inputs, config) => new ModernbertGraph(layers, inputs, ModernbertConfig.Read(config)).Forward(),
        ["mpnet"] = (layers, inputs, config) => MpnetGraph.Forward(layers, inputs, MpnetConfig.Read(config)),
        ["roberta"] = (layers, inputs, config) => RobertaGraph.Forward(layers, inputs, RobertaConfig.Read(config)),
        ["xlm-roberta"] = (layers, inputs, config) => RobertaGraph.Forward(layers, inputs, RobertaConfig.Read(config)),
    };

    private static readonly Dictionary<string, PictureForward> Pictures = new(StringComparer.Ordinal)
    {
        ["dinov2"] = (layers, pixels, size, config) => Dinov2Graph.Forward(layers, pixels, size, new VisionTransformerConfig(config)),
        ["dinov2_with_registers"] = (layers, pixels, size, config) => Dinov2Graph.Forward(layers, pixels, size, new VisionTransformerConfig(config)),
        ["resnet"] = (layers, pixels, _, config) => ResnetGraph.Forward(layers, pixels, new ResnetConfig(config)),
        ["vit"] = (layers, pixels, size, config) => VitGraph.Forward(layers, pixels, size, new VisionTransformerConfig(config)),
    };

    /// <summary>The model types that can be written.</summary>
    public static IEnumerable<string> Families => Texts.Keys.Concat(Pictures.Keys);

    /// <summary>The graph of a network for texts. Its weights are views in the caller's dispose scope.</summary>
    /// <param name="network">The network, its adapters merged.</param>
    /// <param name="outputs">What the outputs mean.</param>
    /// <param name="hasTokenTypes">Whether the tokenizer gives token types; where the network knows none there is no input for them all the same.</param>
    public static GraphBuilder OfTexts(Network network, OutputKind outputs, bool hasTokenTypes)
    {
        var (graph, config) = Start(network);
        var layers = new GraphLayers(graph, network);
        var inputs = new TextGraphInputs(graph, hasTokenTypes && layers.Has("embeddings.token_type_embeddings.weight"));
        var hidden = Texts[network.Checkpoint.ModelType](layers, inputs, config);
        Finish(graph, HeadGraph.Forward(layers, network.Head, hidden, inputs), outputs, network);
        return graph;
    }

    /// <summary>The graph of a network for pictures of one size. Its weights are views in the caller's dispose scope.</summary>
    public static GraphBuilder OfPictures(Network network, OutputKind outputs, PictureSize size)
    {
        var (graph, config) = Start(network);
        var layers = new GraphLayers(graph, network);
        // A network of convolutions takes pictures of any size; a transformer's positions are those of one grid.
        object[] sides = network.Backbone is ResnetBackbone ? ["height", "width"] : [size.Height, size.Width];
        var pixels = graph.Input("pixel_values", DataType.Float, Batch, config.Size("num_channels", absent: 3), sides[0], sides[1]);
        var hidden = Pictures[network.Checkpoint.ModelType](layers, pixels, size, config);
        Finish(graph, HeadGraph.Forward(layers, network.Head, hidden, null), outputs, network);
        return graph;
    }

    /// <summary>An empty graph for a network, and its configuration.</summary>
    /// <exception cref="InvalidOperationException">Its adapters are not merged.</exception>
    public static (GraphBuilder Graph, ConfigReader Config) Start(Network network) => network.Adapters.Any()
        ? throw new InvalidOperationException("The network has adapters that are not merged; merge them first.")
        : (new GraphBuilder(), new ConfigReader(network.Checkpoint.Config, network.Checkpoint.Name));

    private static void Finish(GraphBuilder graph, GraphValue logits, OutputKind outputs, Network network)
    {
        graph.Output(Logits, logits, Batch, network.OutputCount);
        if (outputs != OutputKind.Number) // which is its own score
            graph.Output(Probabilities, outputs == OutputKind.Labels ? logits.Apply("Sigmoid") : logits.Softmax(), Batch, network.OutputCount);
    }
}
