using Microsoft.ML.Eva.Data.Labels;

namespace Microsoft.ML.Eva.MLNet.Targets;

/// <summary>Collects the labels of the rows that are kept, whatever kind of labels they are.</summary>
internal abstract class LabelCollector
{
    /// <summary>The labels collected so far.</summary>
    public abstract RowLabels Labels { get; }

    /// <summary>Which labels are wanted, for messages: "a label that …".</summary>
    public abstract string Wanted { get; }

    /// <summary>The label that all rows kept have, for messages; null where they differ.</summary>
    public virtual string? OnlyLabel => null;

    /// <summary>A function that reads the label of the row the cursor stands on, and says whether it has one.</summary>
    /// <exception cref="ArgumentException">The column is missing or has the wrong type.</exception>
    public abstract Func<bool> CreateReader(DataViewRow row, string columnName);

    /// <summary>Keeps the label that was read last.</summary>
    public abstract void Keep();
}
