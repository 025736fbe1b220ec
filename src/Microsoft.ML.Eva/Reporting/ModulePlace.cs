using System.Globalization;

namespace Microsoft.ML.Eva.Reporting;

/// <summary>Splits a layer's name at its block's number.</summary>
internal static class ModulePlace
{
    /// <summary><c>encoder.layer.3.attention.self.query</c> is module <c>attention.self.query</c> of block 3; a name without number is of block −1.</summary>
    public static (string Module, int Block) Of(string name)
    {
        var parts = name.Split('.');
        var place = Array.FindIndex(parts, part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out _));
        return place < 0 || place == parts.Length - 1
            ? (name, -1)
            : (string.Join('.', parts[(place + 1)..]), int.Parse(parts[place], NumberStyles.None, CultureInfo.InvariantCulture));
    }
}
