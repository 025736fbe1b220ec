using Microsoft.ML.Eva.Backbones.Heads;
using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Gpt2;

/// <summary>GPT-2's own classifier: a linear layer without bias on the last token that is not padding, the only one that has seen the whole text.</summary>
internal sealed class Gpt2ClassifierHead : Head
{
    private readonly Linear _score;

    /// <summary>A head over vectors of <paramref name="hiddenSize"/>.</summary>
    public Gpt2ClassifierHead(HeadBinder binder, ConfigReader config, long hiddenSize)
    {
        PadId = config.Find("pad_token_id") is null ? null : config.Integer("pad_token_id", 0, int.MaxValue);
        _score = binder.Classifier("score", hiddenSize, hasBias: false);
        Weights = [.. binder.Bound];
    }

    /// <summary>The id of tokens that do not count even where the mask says so; null: there is none.</summary>
    public int? PadId { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<Weight> Weights { get; }

    /// <inheritdoc/>
    public override Tensor Forward(Tensor hidden, Batch batch, ForwardMode mode)
    {
        using var scope = NewDisposeScope();
        var last = LastTokens(batch).view(-1, 1, 1).expand(-1, 1, hidden.shape[2]);
        return _score.Forward(hidden.gather(1, last).squeeze(1)).MoveToOuterDisposeScope();
    }

    // As in the reference, an end token whose id is the padding's does not count either.
    private Tensor LastTokens(Batch batch)
    {
        using var scope = NewDisposeScope();
        var isToken = batch.Mask?.ne(Scalars.Of(0)) ?? ones_like(batch.Inputs).ne(Scalars.Of(0));
        if (PadId is { } id)
            isToken = isToken.logical_and(batch.Inputs.ne(Scalars.Of(id)));
        var places = arange(Scalars.Of(0), Scalars.Of(batch.Inputs.shape[1]), Scalars.One, ScalarType.Int64, batch.Inputs.device);
        return (places * isToken.to_type(ScalarType.Int64)).argmax(1).MoveToOuterDisposeScope();
    }
}
