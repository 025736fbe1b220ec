namespace Serving.Endpoints;

/// <summary>What a client sends.</summary>
/// <param name="Text">The text to classify.</param>
/// <param name="Pair">The second text, for models of pairs.</param>
internal sealed record PredictionRequest(string? Text, string? Pair = null);
