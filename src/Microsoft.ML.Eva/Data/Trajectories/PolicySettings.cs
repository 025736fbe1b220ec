using System.Text.Json;

namespace Microsoft.ML.Eva.Data.Trajectories;

/// <summary>
/// What a policy must know beside its network's weights: policy.json of a checkpoint folder and of a saved model. Hugging Face's
/// form has no place for it.
/// </summary>
internal sealed record PolicySettings
{
    /// <summary>The file in a checkpoint folder.</summary>
    public const string FileName = "policy.json";

    /// <summary>The most steps a context may have.</summary>
    public const int MostContextSteps = 4096;

    private const int LargestState = 1 << 20;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        RespectNullableAnnotations = true,
        MaxDepth = 8,
    };

    /// <summary>The most steps that the network looks at, the present one included.</summary>
    public required int ContextSteps { get; init; }

    /// <summary>What returns-to-go are divided by before the network sees them.</summary>
    public required double ReturnScale { get; init; }

    /// <summary>The largest return of an episode that was learned from.</summary>
    public required double BestReturn { get; init; }

    /// <summary>What is subtracted from each number of a state.</summary>
    public required IReadOnlyList<float> StateMean { get; init; }

    /// <summary>What each number of a state is then divided by.</summary>
    public required IReadOnlyList<float> StateDeviation { get; init; }

    /// <summary>Numbers in a state.</summary>
    public int StateSize => StateMean.Count;

    /// <summary>The state as the network sees it.</summary>
    public void Normalize(ReadOnlySpan<float> state, Span<float> normalized)
    {
        for (var i = 0; i < state.Length; i++)
            normalized[i] = (state[i] - StateMean[i]) / StateDeviation[i];
    }

    /// <summary>The return-to-go as the network sees it.</summary>
    public float Scale(double returnToGo) => (float)(returnToGo / ReturnScale);

    /// <summary>UTF-8 JSON.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    /// <summary>Reads and checks what <see cref="ToJson"/> wrote, or a hand wrote.</summary>
    /// <param name="json">The file's bytes.</param>
    /// <param name="source">What messages call its owner.</param>
    /// <exception cref="InvalidDataException">It is broken or holds what cannot be.</exception>
    public static PolicySettings Parse(ReadOnlySpan<byte> json, string source)
    {
        try
        {
            var settings = JsonSerializer.Deserialize<PolicySettings>(json, Json) ?? throw Fault(source, "is empty");
            settings.Check(source);
            return settings;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{FileName} of {source} is broken: {e.Message}", e);
        }
    }

    private void Check(string source)
    {
        if (ContextSteps is < 1 or > MostContextSteps)
            throw Fault(source, $"gives context_steps {ContextSteps}; it must be from 1 to {MostContextSteps}");
        if (!(ReturnScale > 0) || !double.IsFinite(ReturnScale) || !double.IsFinite(BestReturn))
            throw Fault(source, "needs a finite best_return and a finite return_scale above 0");
        if (StateMean.Count is < 1 or > LargestState || StateMean.Count != StateDeviation.Count)
            throw Fault(source, $"has {StateMean.Count} numbers in state_mean and {StateDeviation.Count} in state_deviation; there must be one for each number of a state");
        if (!StateMean.All(float.IsFinite) || !StateDeviation.All(value => float.IsFinite(value) && value > 0))
            throw Fault(source, "needs finite numbers in state_mean and finite ones above 0 in state_deviation");
    }

    private static InvalidDataException Fault(string source, string what) => new($"{FileName} of {source} {what}.");
}
