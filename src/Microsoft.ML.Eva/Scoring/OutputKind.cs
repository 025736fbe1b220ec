namespace Microsoft.ML.Eva.Scoring;

/// <summary>What a network's outputs mean.</summary>
internal enum OutputKind
{
    /// <summary>Logits of classes that exclude each other; scores are their softmax.</summary>
    Classes,

    /// <summary>Logits of labels that do not exclude each other; scores are their sigmoids.</summary>
    Labels,

    /// <summary>One number, which is the score.</summary>
    Number,
}
