using System.Globalization;
using Microsoft.ML.Data;

namespace Microsoft.ML.Eva.MLNet;

/// <summary>How key values of one type are written as text in a model file, without loss.</summary>
internal abstract class LabelFormat(PrimitiveDataViewType itemType)
{
    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;

    private static readonly LabelFormat[] All =
    [
        new LabelFormat<ReadOnlyMemory<char>>(TextDataViewType.Instance, value => value.ToString(), text => text.AsMemory()),
        new LabelFormat<bool>(BooleanDataViewType.Instance, value => value ? "true" : "false", bool.Parse),
        Number<sbyte>(NumberDataViewType.SByte),
        Number<byte>(NumberDataViewType.Byte),
        Number<short>(NumberDataViewType.Int16),
        Number<ushort>(NumberDataViewType.UInt16),
        Number<int>(NumberDataViewType.Int32),
        Number<uint>(NumberDataViewType.UInt32),
        Number<long>(NumberDataViewType.Int64),
        Number<ulong>(NumberDataViewType.UInt64),
        Number<float>(NumberDataViewType.Single),
        Number<double>(NumberDataViewType.Double),
        new LabelFormat<DateTime>(DateTimeDataViewType.Instance, value => value.Ticks.ToString(Invariant), text => new DateTime(long.Parse(text, Invariant))),
        new LabelFormat<TimeSpan>(TimeSpanDataViewType.Instance, value => value.Ticks.ToString(Invariant), text => new TimeSpan(long.Parse(text, Invariant))),
        new LabelFormat<DateTimeOffset>(DateTimeOffsetDataViewType.Instance, value => value.ToString("o", Invariant), text => DateTimeOffset.ParseExact(text, "o", Invariant)),
        new LabelFormat<DataViewRowId>(RowIdDataViewType.Instance, value => string.Create(Invariant, $"{value.Low} {value.High}"), ParseRowId),
    ];

    /// <summary>The values' type in ML.NET.</summary>
    public PrimitiveDataViewType ItemType { get; } = itemType;

    /// <summary>What the file calls it.</summary>
    public string Name => ItemType.ToString()!;

    /// <summary>The format of a type.</summary>
    /// <exception cref="NotSupportedException">It has none.</exception>
    public static LabelFormat Of(PrimitiveDataViewType type) =>
        All.FirstOrDefault(format => format.ItemType.Equals(type)) ?? throw new NotSupportedException($"Labels of type {type} cannot be saved.");

    /// <summary>The format of that name, or null.</summary>
    public static LabelFormat? Find(string name) => All.FirstOrDefault(format => format.Name == name);

    /// <summary>The values of a boxed <c>VBuffer&lt;T&gt;</c> as texts.</summary>
    public abstract IReadOnlyList<string> Write(object values);

    /// <summary>A boxed <c>VBuffer&lt;T&gt;</c>.</summary>
    /// <exception cref="FormatException">A text is no such value. Numbers out of range are an OverflowException or ArgumentException.</exception>
    public abstract object Read(IReadOnlyList<string> texts);

    private static LabelFormat<T> Number<T>(NumberDataViewType type) where T : IFormattable, IParsable<T> =>
        new(type, value => value.ToString(null, Invariant), text => T.Parse(text, Invariant));

    private static DataViewRowId ParseRowId(string text) =>
        text.Split(' ') is [var low, var high] ? new DataViewRowId(ulong.Parse(low, Invariant), ulong.Parse(high, Invariant)) : throw new FormatException("A row id is two numbers.");
}

/// <inheritdoc/>
internal sealed class LabelFormat<T>(PrimitiveDataViewType itemType, Func<T, string> write, Func<string, T> read) : LabelFormat(itemType)
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> Write(object values) => [.. ((VBuffer<T>)values).DenseValues().Select(write)];

    /// <inheritdoc/>
    public override object Read(IReadOnlyList<string> texts) => new VBuffer<T>(texts.Count, [.. texts.Select(read)]);
}
