using Microsoft.ML.Eva.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones;

/// <summary>From the last hidden state to one output per class (or one number). Trained in full, never adapted.</summary>
internal abstract class Head
{
    /// <summary>Every parameter, under the names the family's own checkpoints use (<c>classifier.weight</c>).</summary>
    public abstract IReadOnlyList<Weight> Weights { get; }

    /// <summary>The layer that gives the outputs, which is bound last: its weight [outputs, features] and, if it has one, its bias [outputs].</summary>
    public (Weight Weight, Weight? Bias) LastLayer => (Weights.Last(weight => weight.Value.dim() > 1), Weights[^1].Value.dim() == 1 ? Weights[^1] : null);

    /// <summary>[batch, tokens, hidden] → [batch, outputs]. A fresh tensor.</summary>
    public abstract Tensor Forward(Tensor hidden, Batch batch, ForwardMode mode);
}
