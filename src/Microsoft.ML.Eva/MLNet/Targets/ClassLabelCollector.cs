using Microsoft.ML.Eva.Data.Labels;
using Microsoft.ML.Eva.Scoring;

namespace Microsoft.ML.Eva.MLNet.Targets;

/// <summary>Collects classes.</summary>
internal sealed class ClassLabelCollector(LabelClasses classes) : LabelCollector
{
    private const int NamesInMessage = 10;

    private readonly ClassLabels _labels = new();
    private int _read;

    /// <inheritdoc/>
    public override RowLabels Labels => _labels;

    /// <inheritdoc/>
    public override string Wanted =>
        $"is one of the classes {string.Join(", ", classes.Names.Take(NamesInMessage).Select(name => $"'{name}'"))}{(classes.Count > NamesInMessage ? ", …" : "")}";

    /// <inheritdoc/>
    public override string? OnlyLabel => _labels.Values is [var first, ..] values && !values.ContainsAnyExcept(first) ? $"'{classes.Names[first]}'" : null;

    /// <inheritdoc/>
    public override Func<bool> CreateReader(DataViewRow row, string columnName)
    {
        var read = ClassLabelReader.Create(row, columnName, classes);
        return () => (_read = read()) >= 0;
    }

    /// <inheritdoc/>
    public override void Keep() => _labels.Add(_read);
}
