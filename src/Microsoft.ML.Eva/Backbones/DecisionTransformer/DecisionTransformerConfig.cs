using Microsoft.ML.Eva.Backbones.Gpt2;
using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Data.Trajectories;

namespace Microsoft.ML.Eva.Backbones.DecisionTransformer;

/// <summary>What config.json says of a Decision Transformer.</summary>
/// <param name="StateSize">Numbers in a state.</param>
/// <param name="ActionSize">Numbers in an action.</param>
/// <param name="MaxSteps">Rows of the table of time steps.</param>
/// <param name="IsActionBounded">Whether actions go through tanh.</param>
/// <param name="Decoder">The GPT-2 inside.</param>
internal sealed record DecisionTransformerConfig(int StateSize, int ActionSize, int MaxSteps, bool IsActionBounded, Gpt2Config Decoder)
{
    /// <summary>How a step's numbers lie in a batch.</summary>
    public StepColumns Columns { get; } = new(StateSize, ActionSize);

    /// <summary>Reads and checks; what is absent has the reference's default.</summary>
    public static DecisionTransformerConfig Read(ConfigReader config)
    {
        var hiddenSize = config.Size("hidden_size", absent: 128);
        var decoder = new Gpt2Config(
            VocabularySize: config.Size("vocab_size", absent: 1),
            MaxTokens: config.Size("n_positions", absent: 1024),
            HiddenSize: hiddenSize,
            LayerCount: config.Integer("n_layer", 1, ConfigReader.MostLayers, absent: 3),
            HeadCount: config.Size("n_head", absent: 1),
            InnerSize: config.Size("n_inner", absent: 4 * hiddenSize),
            Activation: Activations.Parse(config, "activation_function", "relu"),
            NormEpsilon: config.Epsilon("layer_norm_epsilon", absent: 1e-5),
            EmbeddingDropout: config.Dropout("embd_pdrop", absent: 0.1),
            AttentionDropout: config.Dropout("attn_pdrop", absent: 0.1),
            ResidualDropout: config.Dropout("resid_pdrop", absent: 0.1));
        config.CheckDivides("hidden_size", decoder.HiddenSize, "n_head", decoder.HeadCount);
        Gpt2Config.CheckAttention(config);
        if (config.Flag("add_cross_attention", absent: false))
            throw config.Fault("add_cross_attention", "is true, which is not supported");
        return new DecisionTransformerConfig(
            StateSize: config.Size("state_dim", absent: 17),
            ActionSize: config.Size("act_dim", absent: 4),
            MaxSteps: config.Size("max_ep_len", absent: 4096),
            IsActionBounded: config.Flag("action_tanh", absent: true),
            Decoder: decoder);
    }
}
