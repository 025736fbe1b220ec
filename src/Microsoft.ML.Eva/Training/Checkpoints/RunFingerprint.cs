using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.ML.Eva.Data;

namespace Microsoft.ML.Eva.Training.Checkpoints;

/// <summary>What makes a run this run and no other, in short: only a run with equal parts may go on from its checkpoints.</summary>
/// <param name="Options">Of the training options and whatever else the caller says decides the result.</param>
/// <param name="Weights">Of the trained weights' names and shapes.</param>
/// <param name="Rows">Of the training rows.</param>
internal sealed record RunFingerprint(string Options, string Weights, string Rows)
{
    private static readonly JsonSerializerOptions Json = new() { NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals };

    /// <summary>The fingerprint of a run about to begin.</summary>
    public static RunFingerprint Create(TrainingPlan plan, string description, IReadOnlyList<ParameterGroup> groups, IBatchSource rows)
    {
        var weights = groups.Select(group =>
            string.Create(CultureInfo.InvariantCulture, $"{group.LearningRateFactor:R} {group.WeightDecay:R} ") + string.Join(";", group.Weights.Select(weight => $"{weight.Name}[{string.Join(",", weight.Value.shape)}]")));
        return new RunFingerprint(Hash(JsonSerializer.Serialize(plan, Json) + description), Hash(string.Join("\n", weights)), $"{rows.RowCount}-{rows.Fingerprint}");
    }

    /// <summary>In words, what differs from <paramref name="other"/>; empty if nothing does.</summary>
    public IEnumerable<string> DifferencesFrom(RunFingerprint other)
    {
        if (Options != other.Options)
            yield return "options or seed";
        if (Weights != other.Weights)
            yield return "trained weights";
        if (Rows != other.Rows)
            yield return "training rows";
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..32];
}
