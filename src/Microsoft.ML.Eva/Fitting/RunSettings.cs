using System.Globalization;
using System.Reflection;

namespace Microsoft.ML.Eva.Fitting;

/// <summary>The settings of a run in words, for its report: numbers, flags, choices and lists of layers. Paths and other texts are left out.</summary>
internal static class RunSettings
{
    /// <summary>How it was trained, by name, e.g. <c>Adapter.Rank</c>, in the order of the options' own properties.</summary>
    public static IReadOnlyDictionary<string, string> OfMethod(AdapterOptions adapter, InitializationOptions? start, TrainingOptions training)
    {
        var settings = new Dictionary<string, string>();
        Add(settings, "Adapter.", adapter);
        if (start is not null)
            Add(settings, "Adapter.Initialization.", start);
        Add(settings, "Training.", training);
        return settings;
    }

    /// <summary>What was trained, by name, before <paramref name="others"/>.</summary>
    public static IReadOnlyDictionary<string, string> OfModel(object options, IReadOnlyDictionary<string, string> others)
    {
        var settings = new Dictionary<string, string>();
        Add(settings, "", options);
        foreach (var (name, value) in others)
            settings[name] = value;
        return settings;
    }

    private static void Add(Dictionary<string, string> settings, string prefix, object options)
    {
        foreach (var property in options.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).OrderBy(property => property.MetadataToken))
            if (IsShown(property) && Describe(property.GetValue(options)) is { } value)
                settings[prefix + property.Name] = value;
    }

    // Texts are columns' names and folders, which say more of their owner than of the run; of layers' names there are lists.
    private static bool IsShown(PropertyInfo property) =>
        property.GetIndexParameters().Length == 0
        && ((Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType) is { IsPrimitive: true } or { IsEnum: true }
            || typeof(IEnumerable<string>).IsAssignableFrom(property.PropertyType));

    private static string? Describe(object? value) => value switch
    {
        null => null,
        IEnumerable<string> names => string.Join(", ", names),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };
}
