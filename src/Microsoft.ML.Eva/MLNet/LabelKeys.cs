using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Data.IO;
using Microsoft.ML.Eva.Scoring;
using Microsoft.ML.Runtime;

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
            throw new ArgumentException($"Label column '{label.Name}' is a key without key values, so its classes have no names. Make it with Conversion.MapValueToKey.");
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

    /// <summary>Writes type and values in ML.NET's own encoding.</summary>
    public static void Write(IHostEnvironment environment, Stream stream, LabelClasses classes)
    {
        var saver = new BinarySaver(environment, new BinarySaver.Arguments());
        var type = new VectorDataViewType(classes.ItemType, classes.Count);
        var written = (bool)new WriteDelegate(TryWrite<int>).Method.GetGenericMethodDefinition()
            .MakeGenericMethod(classes.ItemType.RawType).Invoke(null, [saver, stream, type, classes.Values])!;
        if (!written)
            throw new NotSupportedException($"Labels of type {classes.ItemType} cannot be saved.");
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The stream holds something else.</exception>
    public static LabelClasses Read(IHostEnvironment environment, Stream stream)
    {
        var saver = new BinarySaver(environment, new BinarySaver.Arguments());
        if (!saver.TryLoadTypeAndValue(stream, out var type, out var values) || type is not VectorDataViewType { ItemType: { } itemType })
            throw new InvalidDataException("The model file's label values are unreadable.");
        return Create(itemType, values);
    }

    private delegate bool WriteDelegate(BinarySaver saver, Stream stream, VectorDataViewType type, object values);

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

    private static bool TryWrite<T>(BinarySaver saver, Stream stream, VectorDataViewType type, object values)
    {
        var buffer = (VBuffer<T>)values;
        return saver.TryWriteTypeAndValue(stream, type, ref buffer, out _);
    }
}
