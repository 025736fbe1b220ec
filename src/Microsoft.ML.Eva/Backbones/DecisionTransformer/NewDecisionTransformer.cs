using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML.Eva.Data.Trajectories;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.DecisionTransformer;

/// <summary>A Decision Transformer before its first step, in the form of a checkpoint.</summary>
internal static class NewDecisionTransformer
{
    private const string Name = "new Decision Transformer";
    private const double Deviation = 0.02;
    private const double DefaultDropout = 0.1;

    /// <summary>
    /// The content, with one reference that is the caller's. As in the reference, weights are normal with deviation 0.02 – the
    /// residual projections' divided by √(2·layers), as GPT-2 has it –, biases 0 and normalisations the identity.
    /// </summary>
    /// <param name="columns">Sizes of state and action.</param>
    /// <param name="options">The network's other sizes and its dropout.</param>
    /// <param name="generator">Where weights are drawn from.</param>
    /// <param name="device">Where they go.</param>
    public static CheckpointContent Create(StepColumns columns, DecisionTransformerOptions options, Generator generator, Device device)
    {
        using var scope = NewDisposeScope();
        var config = Config(columns, options);
        var sizes = DecisionTransformerConfig.Read(new ConfigReader(config, Name));
        var tensors = Shapes(sizes).ToDictionary(item => item.Name, item => Draw(item.Name, item.Shape, sizes.Decoder.LayerCount, generator, device).DetachFromDisposeScope());
        return new CheckpointContent { Name = Name, Config = config, Tensors = tensors, Files = new Dictionary<string, byte[]>() };
    }

    private static Tensor Draw(string name, long[] shape, int layers, Generator generator, Device device)
    {
        if (name.EndsWith(".bias", StringComparison.Ordinal))
            return zeros(shape, float32, device);
        if (shape.Length == 1)
            return ones(shape, float32, device);
        var deviation = name.EndsWith("c_proj.weight", StringComparison.Ordinal) ? Deviation / Math.Sqrt(2 * layers) : Deviation;
        // Drawn where the generator lives, so that the same seed gives the same network on every device.
        using var drawn = empty(shape, float32, generator.device).normal_(0, deviation, generator);
        return drawn.to(device, copy: true);
    }

    // Also what only the reference's file has: a table of words that nobody reads, and the heads for states and returns.
    private static IEnumerable<(string Name, long[] Shape)> Shapes(DecisionTransformerConfig sizes)
    {
        var (decoder, size) = (sizes.Decoder, (long)sizes.Decoder.HiddenSize);
        yield return ("embed_timestep.weight", [sizes.MaxSteps, size]);
        yield return ("encoder.wte.weight", [decoder.VocabularySize, size]);
        yield return ("encoder.wpe.weight", [decoder.MaxTokens, size]);
        foreach (var (name, inputs, outputs) in new (string, long, long)[]
        {
            ("embed_return", 1, size), ("embed_state", sizes.StateSize, size), ("embed_action", sizes.ActionSize, size),
            ("predict_state", size, sizes.StateSize), ("predict_action.0", size, sizes.ActionSize), ("predict_return", size, 1),
        })
        {
            yield return ($"{name}.weight", [outputs, inputs]);
            yield return ($"{name}.bias", [outputs]);
        }
        foreach (var norm in Norms(decoder.LayerCount))
        {
            yield return ($"{norm}.weight", [size]);
            yield return ($"{norm}.bias", [size]);
        }
        for (var i = 0; i < decoder.LayerCount; i++)
            foreach (var (name, inputs, outputs) in new (string, long, long)[]
            {
                ("attn.c_attn", size, 3 * size), ("attn.c_proj", size, size), ("mlp.c_fc", size, decoder.InnerSize), ("mlp.c_proj", decoder.InnerSize, size),
            })
            {
                yield return ($"encoder.h.{i}.{name}.weight", [inputs, outputs]); // Conv1D's way round
                yield return ($"encoder.h.{i}.{name}.bias", [outputs]);
            }
    }

    private static IEnumerable<string> Norms(int layers) =>
        ["embed_ln", "encoder.ln_f", .. Enumerable.Range(0, layers).SelectMany(i => new[] { $"encoder.h.{i}.ln_1", $"encoder.h.{i}.ln_2" })];

    private static JsonElement Config(StepColumns columns, DecisionTransformerOptions options)
    {
        var dropout = options.Training.Dropout ?? DefaultDropout;
        return JsonSerializer.SerializeToElement(new JsonObject
        {
            ["model_type"] = "decision_transformer",
            ["architectures"] = new JsonArray("DecisionTransformerModel"),
            ["state_dim"] = columns.StateSize,
            ["act_dim"] = columns.ActionSize,
            ["max_ep_len"] = options.MaxSteps,
            ["action_tanh"] = options.HasBoundedActions,
            ["hidden_size"] = options.HiddenSize,
            ["n_layer"] = options.LayerCount,
            ["n_head"] = options.HeadCount,
            ["n_inner"] = 4 * options.HiddenSize,
            ["n_positions"] = 1, // the Decision Transformer never uses more of the GPT-2's places
            ["vocab_size"] = 1,
            ["activation_function"] = options.Activation,
            ["layer_norm_epsilon"] = 1e-5,
            ["initializer_range"] = Deviation,
            ["resid_pdrop"] = dropout,
            ["embd_pdrop"] = dropout,
            ["attn_pdrop"] = dropout,
        });
    }
}
