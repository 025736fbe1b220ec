namespace Microsoft.ML.Eva.Scoring;

/// <summary>What a network's outputs mean.</summary>
internal enum OutputKind
{
    /// <summary>Logits of classes that exclude each other; scores are their softmax.</summary>
    Classes,
}
