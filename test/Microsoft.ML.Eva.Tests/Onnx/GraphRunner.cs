using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Gpt2;
using Microsoft.ML.Eva.Onnx;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Onnx;

/// <summary>A language model's graph in ONNX Runtime: keeps what a graph with a cache gives, and hands it back the next time.</summary>
internal sealed class GraphRunner(RuntimeSession session, int headCount, int headSize) : IDisposable
{
    private Dictionary<string, Tensor> _past = [];

    /// <summary>The graph of a network.</summary>
    public static GraphRunner Of(Network network, bool withCache)
    {
        var config = Gpt2Config.Read(new ConfigReader(network.Checkpoint.Config, network.Checkpoint.Name));
        using var scope = NewDisposeScope();
        return new GraphRunner(RuntimeSession.Of(LanguageModelGraph.Create(network, withCache)), config.HeadCount, config.HiddenSize / config.HeadCount);
    }

    /// <summary>The scores [rows, tokens, vocabulary] of tokens that come after those of earlier calls, if there is a cache; the mask is that of all of them.</summary>
    public Tensor Scores(Tensor ids, Tensor mask)
    {
        var positions = Gpt2Backbone.PositionsOf(mask);
        var inputs = new Dictionary<string, Tensor>
        {
            ["input_ids"] = ids,
            ["attention_mask"] = mask,
            ["position_ids"] = positions.narrow(1, mask.shape[1] - ids.shape[1], ids.shape[1]),
        };
        foreach (var name in session.InputNames.Where(name => name.StartsWith("past_key_values.", StringComparison.Ordinal)))
            inputs[name] = _past.TryGetValue(name, out var held) ? held : empty(ids.shape[0], headCount, 0, headSize);
        var outputs = session.Run(inputs);
        _past = outputs.Where(output => output.Key.StartsWith("present.", StringComparison.Ordinal)).ToDictionary(output => output.Key.Replace("present", "past_key_values", StringComparison.Ordinal), output => output.Value);
        return outputs["logits"];
    }

    public void Dispose() => session.Dispose();
}
