using System.Globalization;
using System.Text.Json;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Microsoft.ML.Eva.Backbones.Vit;

/// <summary>Reads settings of a vision model's config.json; messages name the checkpoint, the setting and what was found.</summary>
internal sealed class VisionConfigReader(JsonElement config, string source)
{
    private const int Largest = 1 << 20; // no network has a million layers or channels; products of two stay far from overflow

    /// <summary>A whole number from 1 on; without <paramref name="fallback"/> it must be there.</summary>
    public int Positive(string name, int? fallback = null)
    {
        if (Find(name) is not { } value)
            return fallback ?? throw new InvalidDataException($"config.json of {source} has no {name}.");
        return Positive(value, name);
    }

    /// <summary>A size that is a number, or a list of two equal ones.</summary>
    public int Side(string name, int fallback)
    {
        if (Find(name) is not { ValueKind: JsonValueKind.Array } list)
            return Positive(name, fallback);
        var sides = List(name);
        Require(sides.Count == 2 && sides[0] == sides[1], $"{name} is {list.GetRawText()}, but only squares are known");
        return sides[0];
    }

    /// <summary>A list of whole numbers from 1 on.</summary>
    public IReadOnlyList<int> List(string name)
    {
        if (Find(name) is not { ValueKind: JsonValueKind.Array } list || list.GetArrayLength() == 0)
            throw new InvalidDataException($"config.json of {source} has no list {name}.");
        return [.. list.EnumerateArray().Select(item => Positive(item, name))];
    }

    /// <summary>A number from 0 on.</summary>
    public double Number(string name, double fallback)
    {
        if (Find(name) is not { } value)
            return fallback;
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= 0 && double.IsFinite(number)
            ? number
            : throw Wrong(name, value, "a number from 0 on");
    }

    /// <summary>True or false.</summary>
    public bool Boolean(string name, bool fallback) => Find(name) switch
    {
        null => fallback,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } value => throw Wrong(name, value, "true or false"),
    };

    /// <summary>A word.</summary>
    public string Text(string name, string fallback) => Find(name) switch
    {
        null => fallback,
        { ValueKind: JsonValueKind.String } value => value.GetString()!,
        { } value => throw Wrong(name, value, "a word"),
    };

    /// <summary>A non-linearity by its name.</summary>
    public Func<Tensor, Tensor> Activation(string name, string fallback) => Text(name, fallback) switch
    {
        "gelu" => x => functional.gelu(x),
        "gelu_new" or "gelu_pytorch_tanh" => x => functional.gelu(x, TorchSharp.Modules.GELU.Approximate.tanh),
        "relu" => x => functional.relu(x),
        "silu" or "swish" => x => functional.silu(x),
        var other => throw new InvalidDataException($"config.json of {source} has {name} '{other}'; known are gelu, gelu_new, gelu_pytorch_tanh, relu and silu."),
    };

    /// <summary>Throws with <paramref name="fault"/> unless <paramref name="holds"/>.</summary>
    public void Require(bool holds, string fault)
    {
        if (!holds)
            throw new InvalidDataException($"config.json of {source} is not usable: {fault}.");
    }

    private int Positive(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number is > 0 and <= Largest
            ? number
            : throw Wrong(name, value, string.Create(CultureInfo.InvariantCulture, $"a whole number from 1 to {Largest}"));

    private JsonElement? Find(string name) =>
        config.ValueKind == JsonValueKind.Object && config.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private InvalidDataException Wrong(string name, JsonElement value, string wanted) =>
        new($"config.json of {source} has {name} {value.GetRawText()}, but it must be {wanted}.");
}
