using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Eva.Scoring;

namespace Microsoft.ML.Eva.MLNet.Targets;

/// <summary>Reads a row's class. Keys are matched by their values, so that a validation set may have keys of its own, or plain values.</summary>
internal static class ClassLabelReader
{
    /// <summary>A function that gives the class of the row, counted from 0, or −1 where the label is missing or none of the classes.</summary>
    /// <exception cref="ArgumentException">The column is missing or of a type that names no class.</exception>
    public static Func<int> Create(DataViewRow row, string columnName, LabelClasses classes)
    {
        var column = row.Schema.GetColumnOrNull(columnName) ?? throw ModelInput.MissingColumn(columnName, row.Schema.Select(c => c.Name));
        if (column.Type is not KeyDataViewType)
            return CreateForValues(row, column, IndexByName(classes));
        var map = MapKeys(LabelKeys.Read(column), classes);
        var read = KeyGetter(row, column);
        return () => read() is var key and > 0 && key <= (ulong)map.Length ? map[key - 1] : -1;
    }

    private static int[] MapKeys(LabelClasses from, LabelClasses to)
    {
        var index = IndexByName(to);
        return [.. from.Names.Select(name => index.GetValueOrDefault(name, -1))];
    }

    private static Dictionary<string, int> IndexByName(LabelClasses classes)
    {
        var index = new Dictionary<string, int>();
        for (var i = 0; i < classes.Count; i++)
            index.TryAdd(classes.Names[i], i);
        return index;
    }

    private static Func<ulong> KeyGetter(DataViewRow row, DataViewSchema.Column column) => column.Type.RawType switch
    {
        var type when type == typeof(byte) => Widen<byte>(row, column, key => key),
        var type when type == typeof(ushort) => Widen<ushort>(row, column, key => key),
        var type when type == typeof(uint) => Widen<uint>(row, column, key => key),
        _ => Widen<ulong>(row, column, key => key),
    };

    private static Func<ulong> Widen<T>(DataViewRow row, DataViewSchema.Column column, Func<T, ulong> convert)
    {
        var getter = row.GetGetter<T>(column);
        return () =>
        {
            T value = default!;
            getter(ref value);
            return convert(value);
        };
    }

    private static Func<int> CreateForValues(DataViewRow row, DataViewSchema.Column column, Dictionary<string, int> index)
    {
        if (column.Type is VectorDataViewType || column.Type is not PrimitiveDataViewType)
            throw LabelKeys.NoKey(column.Name, column.Type.ToString()!);
        return (Func<int>)new Func<DataViewRow, DataViewSchema.Column, Dictionary<string, int>, Func<int>>(ReadValue<int>).Method
            .GetGenericMethodDefinition().MakeGenericMethod(column.Type.RawType).Invoke(null, [row, column, index])!;
    }

    private static Func<int> ReadValue<T>(DataViewRow row, DataViewSchema.Column column, Dictionary<string, int> index)
    {
        var getter = row.GetGetter<T>(column);
        return () =>
        {
            T value = default!;
            getter(ref value);
            return index.GetValueOrDefault(Convert.ToString(value, CultureInfo.InvariantCulture) ?? "", -1);
        };
    }
}
