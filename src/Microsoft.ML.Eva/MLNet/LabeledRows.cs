using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Data.Labels;
using Microsoft.ML.Eva.MLNet.Targets;
using Microsoft.ML.Eva.Scoring;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.MLNet;

/// <summary>The rows of a data view that have a label, read once and kept for every epoch.</summary>
internal abstract class LabeledRows(ModelInput input, LabelCollector labels)
{
    /// <summary>Number of rows kept.</summary>
    public abstract int Count { get; }

    /// <summary>Their labels.</summary>
    public RowLabels Labels => labels.Labels;

    /// <summary>Where the rows kept stand in their data view, counted from 0.</summary>
    public List<long> Positions { get; } = [];

    /// <summary>How much each row counts; null: all the same.</summary>
    public RowWeights? Weights { get; private set; }

    /// <summary>Rows left out because their label is missing or none that can be learned.</summary>
    public int WithoutLabel { get; private set; }

    private int WithoutWeight => Weights?.Missing ?? 0;

    /// <summary>Rows that fill all tokens allowed, so that most likely something of them was cut.</summary>
    public virtual int AtLimit => 0;

    /// <summary>Rows left out because they cannot be read, where that is allowed.</summary>
    public virtual int Unreadable => 0;

    /// <summary>Reads all rows.</summary>
    /// <exception cref="ArgumentException">A column is missing or has the wrong type, or no row is left.</exception>
    /// <exception cref="InvalidDataException">A weight is negative or infinite.</exception>
    public void Read(IDataView data, string what, string labelColumn, string? weightColumn, Action checkAlive)
    {
        var label = data.Schema.GetColumnOrNull(labelColumn) ?? throw ModelInput.MissingColumn(labelColumn, data.Schema.Select(c => c.Name));
        var weight = weightColumn is null ? (DataViewSchema.Column?)null : data.Schema.GetColumnOrNull(weightColumn) ?? throw ModelInput.MissingColumn(weightColumn, data.Schema.Select(c => c.Name));
        using var cursor = data.GetRowCursor([.. input.FindColumns(data.Schema), label, .. weight is { } present ? [present] : Array.Empty<DataViewSchema.Column>()]);
        Weights = weightColumn is null ? null : new RowWeights(cursor, weightColumn);
        var readLabel = labels.CreateReader(cursor, labelColumn);
        var readRow = CreateReader(cursor);
        while (cursor.MoveNext())
        {
            checkAlive();
            if (!readLabel())
                WithoutLabel++;
            else if (Weights?.Read() == false)
                continue;
            else if (readRow())
            {
                labels.Keep();
                Positions.Add(cursor.Position);
                Weights?.Keep();
            }
        }
        Complete(checkAlive);
        Weights?.RequireSome();
        if (Count == 0)
            throw new ArgumentException(WithoutLabel + Unreadable + WithoutWeight == 0
                ? $"The {what} data has no rows."
                : WithoutWeight > 0 ? $"None of the {WithoutWeight} rows of the {what} data that have a label has a weight in column '{weightColumn}'."
                : Unreadable > 0 ? $"None of the {Unreadable} pictures of the {what} data can be read."
                : $"None of the {WithoutLabel} rows of the {what} data has a label in column '{labelColumn}' that {labels.Wanted}.");
    }

    /// <summary>What somebody should know about rows that were left out or changed.</summary>
    public virtual IEnumerable<string> Warnings(string what)
    {
        if (WithoutLabel > 0)
            yield return $"{WithoutLabel} of {WithoutLabel + WithoutWeight + Count + Unreadable} {what} rows have no label that {labels.Wanted} and were left out.";
        if (WithoutWeight > 0)
            yield return $"{WithoutWeight} of {WithoutWeight + WithoutLabel + Count + Unreadable} {what} rows have no weight and were left out.";
        if (Count > 1 && labels.OnlyLabel is { } only)
            yield return $"All {Count} {what} rows have the label {only}, so nothing can be learned or measured from them.";
    }

    /// <summary>The rows, or those that <paramref name="subset"/> names, as batches. Their weights go along only if they are to be trained on.</summary>
    public abstract IBatchSource CreateSource(Device device, bool isTraining, int[]? subset = null);

    /// <summary>A function that reads the row the cursor stands on and keeps it; false where it cannot be read and that is allowed.</summary>
    protected abstract Func<bool> CreateReader(DataViewRow row);

    /// <summary>Keeps what was read beside these rows alone; for rows that turn out to be unreadable later.</summary>
    protected void Retain(IReadOnlyList<int> rows)
    {
        Labels.Retain(rows);
        long[] positions = [.. rows.Select(row => Positions[row])];
        Positions.Clear();
        Positions.AddRange(positions);
        Weights?.Retain(rows);
    }

    /// <summary>Is called after the last row.</summary>
    protected virtual void Complete(Action checkAlive)
    {
    }
}
