using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones;

/// <summary>
/// A pretrained network up to its last hidden state. Its weights are frozen and shared with every model of the same
/// checkpoint until this one replaces them. Forward passes change nothing, so many threads may run them at once.
/// </summary>
internal abstract class Backbone
{
    /// <summary>Every parameter, in the checkpoint's order of layers.</summary>
    public abstract IReadOnlyList<Weight> Weights { get; }

    /// <summary>Tensors of the checkpoint that are computed with and never trained, such as running statistics.</summary>
    public virtual IReadOnlyList<Weight> Constants => [];

    /// <summary>The layers an adapter may sit in, in the order in which they compute.</summary>
    public abstract IReadOnlyList<AdaptableLayer> AdaptableLayers { get; }

    /// <summary>Width of the last hidden state.</summary>
    public abstract long HiddenSize { get; }

    /// <summary>The most tokens a row may have, special tokens included; null for pictures and episodes.</summary>
    public abstract int? MaxTokens { get; }

    /// <summary>How many tokens a row of the batch has inside the network; null where there is no such number, as for convolutions.</summary>
    public virtual long? TokensPerRow(Batch batch) => MaxTokens is null ? null : batch.Inputs.shape[1];

    /// <summary>The last hidden state [batch, tokens, hidden] ([batch, channels, height, width] for convolutional networks). A fresh tensor.</summary>
    public abstract Tensor Forward(Batch batch, ForwardMode mode);

    /// <summary>
    /// Puts frozen normalisations into the layers before them: the same function with less to compute and to save. For networks whose
    /// training is over and whose adapters are merged.
    /// </summary>
    public virtual void FoldNormalizations()
    {
    }

    /// <summary>Throws unless the batch's rows, with those <paramref name="before"/> them, are within <see cref="MaxTokens"/>.</summary>
    protected void CheckTokens(Batch batch, long before = 0)
    {
        if (before + batch.Inputs.shape[1] > MaxTokens)
            throw new ArgumentException($"A row has {before + batch.Inputs.shape[1]} tokens; this network takes at most {MaxTokens}. Cut the texts when encoding them.", nameof(batch));
    }
}
