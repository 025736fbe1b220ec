using Microsoft.ML.Eva.Data;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Eva.Backbones.Gpt2;

/// <summary>Next-token scores [batch, tokens, vocabulary], by the table of words. It has no weights of its own.</summary>
internal sealed class LanguageModelHead(Weight wordTable) : Head
{
    /// <inheritdoc/>
    public override IReadOnlyList<Weight> Weights => [];

    /// <inheritdoc/>
    public override Tensor Forward(Tensor hidden, Batch batch, ForwardMode mode) => functional.linear(hidden, wordTable.Value);
}
