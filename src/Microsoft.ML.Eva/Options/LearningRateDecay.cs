namespace Microsoft.ML.Eva;

/// <summary>How the learning rate goes down after the warm-up.</summary>
public enum LearningRateDecay
{
    /// <summary>In a straight line, to zero after the last step.</summary>
    Linear,

    /// <summary>Along half a cosine, to zero after the last step.</summary>
    Cosine,

    /// <summary>Not at all.</summary>
    Constant,
}
