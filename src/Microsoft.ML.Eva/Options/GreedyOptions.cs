namespace Microsoft.ML.Eva;

/// <summary>Writes the most probable token each time.</summary>
public sealed class GreedyOptions : DecodingOptions
{
}
