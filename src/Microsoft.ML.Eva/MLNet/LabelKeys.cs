using System.Globalization;
using System.Text.Json;
using Microsoft.ML.Data;
using Microsoft.ML.Eva.Scoring;

namespace Microsoft.ML.Eva.MLNet;

/// <summary>Carries the label's key values from the training data to the predictions and through model files.</summary>
internal static class LabelKeys
{
    /// <summary>The classes of a label column.</summary>
    /// <exception cref="ArgumentException">It is no key, has no key values, or fewer than two.</exception>
    public static LabelClasses Read(DataViewSchema.Column label)
    {
        if (label.Type is not KeyDataViewType key)
            throw NoKey(label.Name, label.Type.ToString()!);
        var annotation = label.Annotations.Schema.GetColumnOrNull(AnnotationUtils.Kinds.KeyValues);
        if (annotation?.Type is not VectorDataViewType { ItemType: { } itemType } || key.Count == 0)
            throw new ArgumentException($"Label column '{label.Name}' is a key without key values, so its classes have no names. Make it with Conversion.MapValueToKey, from rows that have labels.");
        if (key.Count < 2)
            throw new ArgumentException($"Label column '{label.Name}' has {key.Count} class; a classifier needs at least two.");
        if (key.Count > int.MaxValue)
            throw new ArgumentException($"Label column '{label.Name}' has {key.Count} classes, more than {int.MaxValue}.");
        var values = new Func<DataViewSchema.Annotations, object>(ReadValues<int>).Method.GetGenericMethodDefinition()
            .MakeGenericMethod(itemType.RawType).Invoke(null, [label.Annotations])!;
        return Create(itemType, values);
    }

    /// <summary>Classes that are called so.</summary>
    public static LabelClasses OfTexts(IReadOnlyList<string> names) =>
        Create(TextDataViewType.Instance, new VBuffer<ReadOnlyMemory<char>>(names.Count, [.. names.Select(name => name.AsMemory())]));

    /// <summary>The exception for a label that is no key.</summary>
    public static ArgumentException NoKey(string name, string found) =>
        new($"Label column '{name}' has type {found}, but must be a key. Put Conversion.MapValueToKey(\"{name}\") before this trainer.");

    /// <summary>Adds the values to annotations under a name, as they are.</summary>
    public static void AddKeyValues(this DataViewSchema.Annotations.Builder builder, LabelClasses classes) =>
        new Action<DataViewSchema.Annotations.Builder, LabelClasses>(AddKeyValues<int>).Method.GetGenericMethodDefinition()
            .MakeGenericMethod(classes.ItemType.RawType).Invoke(null, [builder, classes]);

    /// <summary>Names the slots of a vector after the classes.</summary>
    public static void AddSlotNames(this DataViewSchema.Annotations.Builder builder, LabelClasses classes)
    {
        var names = classes.Names.Select(name => name.AsMemory()).ToArray();
        builder.AddSlotNames(names.Length, (ref VBuffer<ReadOnlyMemory<char>> value) => new VBuffer<ReadOnlyMemory<char>>(names.Length, names).CopyTo(ref value));
    }

    /// <summary>
    /// Writes type and values as JSON. ML.NET has an encoding of its own, but its reader believes the sizes in a damaged file and
    /// takes memory for them.
    /// </summary>
    public static void Write(Stream stream, LabelClasses classes)
    {
        var format = LabelFormat.Of(classes.ItemType);
        JsonSerializer.Serialize(stream, new SavedLabels { Type = format.Name, Values = format.Write(classes.Values) }, SavedLabels.Json);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The stream holds something else.</exception>
    public static LabelClasses Read(Stream stream)
    {
        try
        {
            var saved = JsonSerializer.Deserialize<SavedLabels>(stream, SavedLabels.Json);
            if (saved is null || saved.Values.Count == 0 || saved.Values.Contains(null!) || LabelFormat.Find(saved.Type) is not { } format)
                throw new InvalidDataException("The model file's labels.json is empty or of an unknown type.");
            return Create(format.ItemType, format.Read(saved.Values));
        }
        catch (Exception e) when (e is JsonException or FormatException or OverflowException or ArgumentException)
        {
            throw new InvalidDataException($"The model file's labels.json is broken: {e.Message}", e);
        }
    }

    private sealed record SavedLabels
    {
        public static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, MaxDepth = 4 };

        public required string Type { get; init; }

        public required IReadOnlyList<string> Values { get; init; }
    }

    private static LabelClasses Create(PrimitiveDataViewType itemType, object values)
    {
        var names = (string[])new Func<object, string[]>(Names<int>).Method.GetGenericMethodDefinition()
            .MakeGenericMethod(itemType.RawType).Invoke(null, [values])!;
        return new LabelClasses(itemType, values) { Names = names };
    }

    private static object ReadValues<T>(DataViewSchema.Annotations annotations)
    {
        VBuffer<T> values = default;
        annotations.GetValue(AnnotationUtils.Kinds.KeyValues, ref values);
        return values;
    }

    private static string[] Names<T>(object values) =>
        [.. ((VBuffer<T>)values).DenseValues().Select(value => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "")];

    private static void AddKeyValues<T>(DataViewSchema.Annotations.Builder builder, LabelClasses classes)
    {
        var values = (VBuffer<T>)classes.Values;
        builder.AddKeyValues(classes.Count, classes.ItemType, (ref VBuffer<T> destination) => values.CopyTo(ref destination));
    }
}
