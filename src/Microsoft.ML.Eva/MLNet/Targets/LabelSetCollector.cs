using Microsoft.ML.Data;
using Microsoft.ML.Eva.Data.Labels;
using Microsoft.ML.Eva.Scoring;

namespace Microsoft.ML.Eva.MLNet.Targets;

/// <summary>Collects the labels that rows have. A row without any is a row like all others.</summary>
internal sealed class LabelSetCollector(LabelClasses classes) : LabelCollector
{
    private readonly LabelSets _labels = new(classes.Count);
    private readonly bool[] _read = new bool[classes.Count];

    /// <inheritdoc/>
    public override RowLabels Labels => _labels;

    /// <inheritdoc/>
    public override string Wanted => $"is a vector of {classes.Count} booleans";

    /// <inheritdoc/>
    public override Func<bool> CreateReader(DataViewRow row, string columnName)
    {
        var column = row.Schema.GetColumnOrNull(columnName) ?? throw ModelInput.MissingColumn(columnName, row.Schema.Select(c => c.Name));
        var places = Places(column);
        var getter = row.GetGetter<VBuffer<bool>>(column);
        VBuffer<bool> vector = default;
        return () =>
        {
            getter(ref vector);
            Array.Clear(_read);
            foreach (var (slot, isSet) in vector.Items())
                if (places[slot] >= 0)
                    _read[places[slot]] = isSet;
            return true;
        };
    }

    /// <inheritdoc/>
    public override void Keep() => _labels.Add(_read);

    // Slots are matched by their names, so that validation data may have them in another order.
    private int[] Places(DataViewSchema.Column column)
    {
        var names = LabelSlots.Names(column);
        if (!LabelSlots.HasNames(column, names.Length))
            return names.Length == classes.Count ? [.. Enumerable.Range(0, names.Length)] : throw Mismatch(column, $"{names.Length} slots without names");
        var places = Array.ConvertAll(names, name => classes.Names.ToList().IndexOf(name));
        return classes.Names.Except(names, StringComparer.Ordinal).FirstOrDefault() is { } missing ? throw Mismatch(column, $"no slot '{missing}'") : places;
    }

    private ArgumentException Mismatch(DataViewSchema.Column column, string found) =>
        new($"Label column '{column.Name}' has {found}; the training data's labels are {string.Join(", ", classes.Names.Take(50).Select(name => $"'{name}'"))}.");
}
