namespace Microsoft.ML.Eva;

/// <summary>A new Decision Transformer (Chen et al., 2021), trained from random weights: its size, beside what all policies have.</summary>
public sealed class DecisionTransformerOptions : PolicyOptions
{
    private static readonly string[] Activations = ["relu", "gelu", "gelu_new", "silu", "tanh"];

    /// <summary>Makes options with the paper's network and training: width 128, 3 layers, 1 head; batches of 64, learning rate 10⁻⁴, weight decay 10⁻⁴, gradients clipped at 0.25. Epochs depend on the data: the paper makes 100,000 steps.</summary>
    public DecisionTransformerOptions() =>
        Training = new TrainingOptions { Epochs = 10, BatchSize = 64, LearningRate = 1e-4, WarmupFraction = 0.1, WeightDecay = 1e-4, MaxGradientNorm = 0.25 };

    /// <summary>Gets or sets the width of the hidden states, a multiple of <see cref="HeadCount"/>.</summary>
    /// <value>1 to 16,384. Default: 128.</value>
    public int HiddenSize { get; set; } = 128;

    /// <summary>Gets or sets the number of GPT-2 blocks.</summary>
    /// <value>1 to 512. Default: 3.</value>
    public int LayerCount { get; set; } = 3;

    /// <summary>Gets or sets the number of attention heads.</summary>
    /// <value>At least 1. Default: 1.</value>
    public int HeadCount { get; set; } = 1;

    /// <summary>Gets or sets the most time steps that an episode may ever have, in training or later.</summary>
    /// <value>1 to 1,000,000. Default: 1,000.</value>
    public int MaxSteps { get; set; } = 1000;

    /// <summary>Gets or sets whether actions go through tanh, so that each number lies between −1 and 1.</summary>
    /// <value>Default: <see langword="true"/>.</value>
    public bool HasBoundedActions { get; set; } = true;

    /// <summary>Gets or sets the activation of the feed-forward layers: <c>relu</c>, <c>gelu</c>, <c>gelu_new</c>, <c>silu</c> or <c>tanh</c>.</summary>
    /// <value>Default: <c>relu</c>.</value>
    public string Activation { get; set; } = "relu";

    /// <inheritdoc/>
    internal override AdapterOptions Method { get; } = new FullFineTuningOptions();

    private protected override void Validate(OptionsValidator validator)
    {
        base.Validate(validator);
        validator.Range(HiddenSize, 1, 16_384, nameof(HiddenSize));
        validator.Range(LayerCount, 1, 512, nameof(LayerCount));
        validator.Require(HeadCount >= 1 && HiddenSize % Math.Max(HeadCount, 1) == 0, nameof(HeadCount), HeadCount, $"at least 1 and a divisor of {nameof(HiddenSize)}, {HiddenSize}");
        validator.Range(MaxSteps, 1, 1_000_000, nameof(MaxSteps));
        validator.Require(Activations.Contains(Activation), nameof(Activation), Activation is null ? null : $"'{Activation}'", $"one of {string.Join(", ", Activations)}");
    }
}
