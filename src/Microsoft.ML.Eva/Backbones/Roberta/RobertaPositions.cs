using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Roberta;

/// <summary>How RoBERTa, XLM-R and MPNet number tokens: those that are not padding from padding's id + 1, padding by its id.</summary>
internal static class RobertaPositions
{
    /// <summary>[batch, tokens] ids → [batch, tokens] positions. A fresh tensor.</summary>
    public static Tensor Of(Tensor ids, int padId)
    {
        using var scope = NewDisposeScope();
        var isToken = ids.ne(Scalars.Of(padId)).to_type(ScalarType.Int64);
        return (isToken.cumsum(1) * isToken).Plus(padId).MoveToOuterDisposeScope();
    }
}
