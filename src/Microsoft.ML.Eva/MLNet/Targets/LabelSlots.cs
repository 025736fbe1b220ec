using System.Globalization;
using Microsoft.ML.Data;

namespace Microsoft.ML.Eva.MLNet.Targets;

/// <summary>The labels that a column of vectors of booleans stands for: its slots.</summary>
internal static class LabelSlots
{
    /// <summary>The slots' names; their numbers from 0 where they have none.</summary>
    /// <exception cref="ArgumentException">It is no such column, or two slots have one name.</exception>
    public static string[] Names(DataViewSchema.Column column)
    {
        if (column.Type is not VectorDataViewType { ItemType: BooleanDataViewType, Size: > 0 and var size })
            throw NoVector(column.Name, column.Type.ToString()!);
        var names = new VBuffer<ReadOnlyMemory<char>>();
        if (HasNames(column, size))
            column.Annotations.GetValue(AnnotationUtils.Kinds.SlotNames, ref names);
        var texts = names.Length == size ? names.DenseValues().Select(name => name.ToString()).ToArray() : new string[size];
        for (var slot = 0; slot < size; slot++)
            if (string.IsNullOrEmpty(texts[slot]))
                texts[slot] = slot.ToString(CultureInfo.InvariantCulture);
        return texts.GroupBy(text => text, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice
            ? throw new ArgumentException($"Label column '{column.Name}' has {twice.Count()} slots named '{twice.Key}'; every label needs a name of its own.")
            : texts;
    }

    /// <summary>Whether the slots have names of their own.</summary>
    public static bool HasNames(DataViewSchema.Column column, int size) =>
        column.Annotations.Schema.GetColumnOrNull(AnnotationUtils.Kinds.SlotNames)?.Type is VectorDataViewType { ItemType: TextDataViewType } type && type.Size == size;

    /// <summary>The exception for a column of another type.</summary>
    public static ArgumentException NoVector(string name, string found) => new(
        $"Label column '{name}' has type {found}, but must be a vector of booleans of known size: a bool[] property with [VectorType(n)], or columns of booleans put together with Concatenate(\"{name}\", …), whose slots then have names.");
}
