using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tensors;

/// <summary>The element types of safetensors that torch has too.</summary>
internal static class SafetensorsTypes
{
    private static readonly (string Name, ScalarType Type, int Size)[] Table =
    [
        ("F64", ScalarType.Float64, 8), ("I64", ScalarType.Int64, 8), ("F32", ScalarType.Float32, 4), ("I32", ScalarType.Int32, 4),
        ("F16", ScalarType.Float16, 2), ("BF16", ScalarType.BFloat16, 2), ("I16", ScalarType.Int16, 2),
        ("I8", ScalarType.Int8, 1), ("U8", ScalarType.Byte, 1), ("BOOL", ScalarType.Bool, 1),
    ];

    /// <summary>All names, widest type first.</summary>
    public static IEnumerable<string> Names => Table.Select(row => row.Name);

    /// <summary>The type of that name, or null.</summary>
    public static ScalarType? Parse(string name) => Table.Where(row => row.Name == name).Select(row => (ScalarType?)row.Type).FirstOrDefault();

    /// <summary>The name of that type.</summary>
    public static string Name(ScalarType type) => Table.Where(row => row.Type == type).Select(row => row.Name).FirstOrDefault()
        ?? throw new ArgumentException($"safetensors has no name for {type}.", nameof(type));

    /// <summary>Bytes of one element.</summary>
    public static int Size(ScalarType type) => Table.First(row => row.Type == type).Size;
}
