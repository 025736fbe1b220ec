using System.Globalization;
using Microsoft.ML.Data;

namespace Microsoft.ML.Eva.MLNet;

/// <summary>Getters of the columns of episodes, whatever type of ML.NET's holds the values.</summary>
internal static class StepGetters
{
    /// <summary>Throws unless the column tells episodes apart.</summary>
    public static void CheckText(DataViewSchema.Column column)
    {
        if (column.Type is not (TextDataViewType or KeyDataViewType) && !IsWhole(column.Type))
            throw WrongType(column, "text, a key or a whole number");
    }

    /// <summary>Throws unless the column holds a number.</summary>
    public static void CheckNumber(DataViewSchema.Column column)
    {
        if (column.Type != NumberDataViewType.Single && column.Type != NumberDataViewType.Double)
            throw WrongType(column, "Single or Double");
    }

    /// <summary>Throws unless the column counts.</summary>
    public static void CheckWholeNumber(DataViewSchema.Column column)
    {
        if (column.Type != NumberDataViewType.Int32 && column.Type != NumberDataViewType.Int64)
            throw WrongType(column, "Int32 or Int64");
    }

    /// <summary>The size of a vector of Single.</summary>
    public static int VectorSize(DataViewSchema.Column column) =>
        column.Type is VectorDataViewType { Size: > 0 } vector && vector.ItemType == NumberDataViewType.Single
            ? vector.Size
            : throw WrongType(column, "a vector of Single of known size");

    /// <summary>The value as text.</summary>
    public static Func<string> Text(DataViewRow row, DataViewSchema.Column column)
    {
        if (column.Type is TextDataViewType)
            return Read<ReadOnlyMemory<char>, string>(row, column, text => text.ToString());
        return (Func<string>)new Func<DataViewRow, DataViewSchema.Column, Func<string>>(TextOf<int>).Method
            .GetGenericMethodDefinition().MakeGenericMethod(column.Type.RawType).Invoke(null, [row, column])!;
    }

    /// <summary>The value as a number.</summary>
    public static Func<double> Number(DataViewRow row, DataViewSchema.Column column) =>
        column.Type == NumberDataViewType.Single ? Read<float, double>(row, column, value => value) : Read<double, double>(row, column, value => value);

    /// <summary>The value as a whole number.</summary>
    public static Func<long> WholeNumber(DataViewRow row, DataViewSchema.Column column) =>
        column.Type == NumberDataViewType.Int32 ? Read<int, long>(row, column, value => value) : Read<long, long>(row, column, value => value);

    private static bool IsWhole(DataViewType type) => type is NumberDataViewType && type != NumberDataViewType.Single && type != NumberDataViewType.Double;

    private static Func<string> TextOf<T>(DataViewRow row, DataViewSchema.Column column) =>
        Read<T, string>(row, column, value => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "");

    private static Func<TResult> Read<T, TResult>(DataViewRow row, DataViewSchema.Column column, Func<T, TResult> convert)
    {
        var getter = row.GetGetter<T>(column);
        return () =>
        {
            T value = default!;
            getter(ref value);
            return convert(value);
        };
    }

    private static ArgumentException WrongType(DataViewSchema.Column column, string wanted) =>
        new($"Column '{column.Name}' has type {column.Type}, but must be {wanted}.");
}
