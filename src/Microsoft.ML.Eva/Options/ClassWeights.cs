using System.Globalization;

namespace Microsoft.ML.Eva;

/// <summary>How much the classes count in the training loss, for labels of which some are rare or matter more.</summary>
/// <remarks>
/// For classes that exclude each other, a row counts as much as its class weighs. For several labels at once, a row that has a
/// label counts for that label as much as the label weighs, and one that has not counts 1.
/// </remarks>
public sealed class ClassWeights
{
    private ClassWeights(IReadOnlyDictionary<string, double>? explicitWeights) => Explicit = explicitWeights;

    /// <summary>
    /// Gets weights by which all classes count the same, however many rows they have: rows / (classes · rows of the class), over
    /// the classes that occur. For several labels at once: rows without the label / rows with it.
    /// </summary>
    public static ClassWeights Balanced { get; } = new(null);

    /// <summary>Weights of the classes by their names. Classes that are not named weigh 1.</summary>
    /// <param name="weights">At least one class, each with a finite number of at least 0. Names that the label does not have are an error when fitting. It is copied.</param>
    /// <exception cref="ArgumentException">There is no weight, or one is out of range.</exception>
    public static ClassWeights Of(IReadOnlyDictionary<string, double> weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        if (weights.Count == 0)
            throw new ArgumentException("There must be the weight of at least one class.", nameof(weights));
        foreach (var (name, weight) in weights)
            if (!double.IsFinite(weight) || weight < 0)
                throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Class '{name}' has the weight {weight}, but must have a finite number of at least 0."), nameof(weights));
        return new ClassWeights(weights.ToDictionary(StringComparer.Ordinal));
    }

    /// <summary>The weights that were given; null: balanced.</summary>
    internal IReadOnlyDictionary<string, double>? Explicit { get; }

    /// <summary>The given weights in the classes' order.</summary>
    /// <exception cref="ArgumentException">A name is none of the classes, or no class weighs anything.</exception>
    internal static float[] InOrder(IReadOnlyDictionary<string, double> weights, IReadOnlyList<string> classes)
    {
        if (weights.Keys.Except(classes, StringComparer.Ordinal).ToList() is { Count: > 0 } strange)
            throw new ArgumentException($"{nameof(ClassWeights)} names {string.Join(", ", strange.Take(20).Select(name => $"'{name}'"))}, but the label's classes are {string.Join(", ", classes.Take(50).Select(name => $"'{name}'"))}.");
        var inOrder = classes.Select(name => (float)weights.GetValueOrDefault(name, 1)).ToArray();
        return inOrder.Any(weight => weight > 0) ? inOrder : throw new ArgumentException($"{nameof(ClassWeights)} gives every class the weight 0, so there is nothing to learn.");
    }
}
