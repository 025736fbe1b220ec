using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Microsoft.ML.Eva.Sweeps;

/// <summary>One combination to try: its number from 1, its values, and the options they lead to.</summary>
internal sealed record TrialConfiguration(int Number, IReadOnlyList<SweepValue> Values, AdapterOptions Adapter, TrainingOptions Training)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { OmitListeners } },
    };

    /// <summary>Everything in the options that decides the result. Two trials with the same description are one.</summary>
    public string Description { get; } = string.Join('\n', Serialize(Adapter), Adapter.Start is { } start ? Serialize(start) : "", Serialize(Training));

    /// <summary>For people.</summary>
    public override string ToString() => string.Join(", ", Values.Select(value => $"{value.Dimension} {value.Text}"));

    /// <summary>The trial before it has been trained.</summary>
    public SweepTrial ToTrial() => new() { Number = Number, Values = Values.ToDictionary(value => value.Dimension, value => value.Text) };

    private static string Serialize(object options) => options.GetType().Name + JsonSerializer.Serialize(options, options.GetType(), Json);

    // They change nothing in the result, and tokens cannot be written.
    private static void OmitListeners(JsonTypeInfo type)
    {
        for (var i = type.Properties.Count - 1; i >= 0; i--)
            if (type.Properties[i].PropertyType == typeof(CancellationToken) || type.Properties[i].PropertyType == typeof(IProgress<TrainingProgress>))
                type.Properties.RemoveAt(i);
    }
}
