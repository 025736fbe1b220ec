using System.Numerics;
using Microsoft.ML.Data;
using Microsoft.ML.Eva.Scoring;

namespace Microsoft.ML.Eva.MLNet;

/// <summary>Reads numbers from columns of any of ML.NET's numeric types.</summary>
internal static class NumberReader
{
    /// <summary>Whether a column of this type holds one number per row.</summary>
    public static bool Accepts(DataViewType type) => type is NumberDataViewType;

    /// <summary>A function that gives the number of the row the cursor stands on; not a number where it is missing.</summary>
    /// <exception cref="ArgumentException">The column is missing or has another type; the message begins with <paramref name="role"/>.</exception>
    public static Func<double> Create(DataViewRow row, string columnName, string role)
    {
        var column = row.Schema.GetColumnOrNull(columnName) ?? throw ModelInput.MissingColumn(columnName, row.Schema.Select(c => c.Name));
        return column.Type.RawType switch
        {
            _ when !Accepts(column.Type) => throw NoNumber(role, columnName, column.Type.ToString()!),
            var type when type == typeof(float) => Widen<float>(row, column),
            var type when type == typeof(double) => Widen<double>(row, column),
            var type when type == typeof(sbyte) => Widen<sbyte>(row, column),
            var type when type == typeof(byte) => Widen<byte>(row, column),
            var type when type == typeof(short) => Widen<short>(row, column),
            var type when type == typeof(ushort) => Widen<ushort>(row, column),
            var type when type == typeof(int) => Widen<int>(row, column),
            var type when type == typeof(uint) => Widen<uint>(row, column),
            var type when type == typeof(long) => Widen<long>(row, column),
            _ => Widen<ulong>(row, column),
        };
    }

    /// <summary>The exception for a column of another type.</summary>
    public static ArgumentException NoNumber(string role, string name, string found) =>
        new($"{role} '{name}' has type {found}, but must be a number. Make it one with Conversion.ConvertType(\"{name}\", outputKind: DataKind.Single).");

    private static Func<double> Widen<T>(DataViewRow row, DataViewSchema.Column column) where T : INumberBase<T>
    {
        var getter = row.GetGetter<T>(column);
        return () =>
        {
            var value = T.Zero;
            getter(ref value);
            return double.CreateChecked(value);
        };
    }
}
