using System.Globalization;
using Microsoft.ML.Eva.Data.Labels;

namespace Microsoft.ML.Eva.MLNet.Targets;

/// <summary>Collects numbers. One that is not finite – ML.NET's way to say that it is missing – is none.</summary>
internal sealed class NumberLabelCollector : LabelCollector
{
    private readonly NumberLabels _labels = new();
    private float _read;

    /// <inheritdoc/>
    public override RowLabels Labels => _labels;

    /// <inheritdoc/>
    public override string Wanted => "is a finite number";

    /// <inheritdoc/>
    public override string? OnlyLabel => _labels.Values is [var first, ..] values && !values.ContainsAnyExcept(first) ? first.ToString(CultureInfo.InvariantCulture) : null;

    /// <inheritdoc/>
    public override Func<bool> CreateReader(DataViewRow row, string columnName)
    {
        var read = NumberReader.Create(row, columnName, "Label column");
        return () => float.IsFinite(_read = (float)read());
    }

    /// <inheritdoc/>
    public override void Keep() => _labels.Add(_read);
}
