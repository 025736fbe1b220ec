using System.Globalization;
using System.Text.Json;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones;

/// <summary>Fits the head of a fine-tuned classifier to a label's classes: the same ones, perhaps in another order.</summary>
internal static class HeadTakeover
{
    /// <summary>Puts the rows of the head's last layer into the classes' order. The network must have been made with <c>takeOverHead</c>.</summary>
    /// <param name="network">The network.</param>
    /// <param name="classes">The label's values, in the order of the outputs wanted.</param>
    /// <exception cref="ArgumentException">The checkpoint has no classifier for these classes; the message names both lists.</exception>
    /// <exception cref="InvalidDataException">config.json's id2label is broken.</exception>
    public static void Apply(Network network, IReadOnlyList<string> classes)
    {
        var names = Names(network.Checkpoint);
        if (network.Head.Weights.Any(weight => weight.IsOwned))
            throw Mismatch(network, classes, names, $"has no head of {classes.Count} outputs");
        var order = OrderOf(classes, names) ?? throw Mismatch(network, classes, names, "has a head for other classes");
        if (order.SequenceEqual(Enumerable.Range(0, classes.Count).Select(i => (long)i)))
            return;
        using var rows = tensor(order, device: network.Head.Weights[0].Value.device);
        var (weight, bias) = network.Head.LastLayer;
        weight.Replace(weight.Value.index_select(0, rows));
        bias?.Replace(bias.Value.index_select(0, rows));
    }

    /// <summary>Checks that the head, which gives one number, was taken over. The network must have been made with <c>takeOverHead</c>.</summary>
    /// <exception cref="ArgumentException">The checkpoint has no head of one output.</exception>
    public static void RequireNumber(Network network)
    {
        if (network.Head.Weights.Any(weight => weight.IsOwned))
            throw new ArgumentException($"{nameof(EvaLoraTextOptions.TakeOverHead)}: the checkpoint {network.Checkpoint.Name} has no head of one output, as regression needs. Leave {nameof(EvaLoraTextOptions.TakeOverHead)} off for a new head.");
    }

    /// <summary>For each class the row that is its own; null if the names are others. Without names that tell anything the order is the classes'.</summary>
    private static long[]? OrderOf(IReadOnlyList<string> classes, IReadOnlyList<string>? names)
    {
        var unnamed = Enumerable.Range(0, classes.Count).Select(i => $"LABEL_{i}").ToArray();
        if (names is not null && !names.SequenceEqual(unnamed))
            return Permutation(classes, names);
        // transformers' own names; people who keep them label their rows 0, 1, … or LABEL_0, LABEL_1, …
        return Permutation(classes, unnamed)
            ?? Permutation(classes, [.. Enumerable.Range(0, classes.Count).Select(i => i.ToString(CultureInfo.InvariantCulture))])
            ?? [.. Enumerable.Range(0, classes.Count)];
    }

    private static long[]? Permutation(IReadOnlyList<string> classes, IReadOnlyList<string> names)
    {
        var rows = classes.Select(name => (long)names.ToList().IndexOf(name)).ToArray();
        return names.Count == classes.Count && rows.All(row => row >= 0) && rows.Distinct().Count() == rows.Length ? rows : null;
    }

    private static IReadOnlyList<string>? Names(CheckpointContent checkpoint)
    {
        var config = new ConfigReader(checkpoint.Config, checkpoint.Name);
        if (config.Find("id2label") is not { } map)
            return null;
        if (map.ValueKind != JsonValueKind.Object)
            throw config.Fault("id2label", "is no map from numbers to names");
        var entries = map.EnumerateObject().ToList();
        var names = new string?[entries.Count];
        foreach (var entry in entries)
        {
            if (!int.TryParse(entry.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var id) || id >= names.Length || names[id] is not null || entry.Value.ValueKind != JsonValueKind.String)
                throw config.Fault("id2label", $"must give each number from 0 to {names.Length - 1} one name");
            names[id] = entry.Value.GetString();
        }
        return names!;
    }

    private static ArgumentException Mismatch(Network network, IReadOnlyList<string> classes, IReadOnlyList<string>? names, string what) => new(
        $"{nameof(EvaLoraTextOptions.TakeOverHead)}: the checkpoint {network.Checkpoint.Name} {what}. The label's classes are {List(classes)}; "
        + $"{(names is null ? "config.json names no classes (id2label)" : $"config.json's classes (id2label) are {List(names)}")}. "
        + $"Map the labels to those names, or leave {nameof(EvaLoraTextOptions.TakeOverHead)} off for a new head.");

    private static string List(IReadOnlyList<string> names) =>
        $"[{string.Join(", ", names.Take(50).Select(name => $"'{name}'"))}{(names.Count > 50 ? $", … {names.Count} in all" : "")}]";
}
