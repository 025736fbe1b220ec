namespace Serving.Endpoints;

/// <summary>What a client gets.</summary>
/// <param name="Model">The model that answered.</param>
/// <param name="Label">The most probable class.</param>
/// <param name="Probability">Its probability.</param>
/// <param name="Scores">The probability of every class.</param>
internal sealed record PredictionAnswer(string Model, string Label, float Probability, IReadOnlyDictionary<string, float> Scores);
