namespace Serving;

/// <summary>What is read of a prediction; the class is the one with the largest probability.</summary>
internal sealed class MessageScores
{
    public float[] Score { get; set; } = [];
}
