using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Data.Labels;
using Microsoft.ML.Eva.Scoring;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.MLNet;

/// <summary>The rows of a data view that have a label, read once and kept for every epoch.</summary>
internal abstract class LabeledRows(ModelInput input)
{
    /// <summary>Number of rows kept.</summary>
    public abstract int Count { get; }

    /// <summary>Their classes.</summary>
    public ClassLabels Labels { get; } = new();

    /// <summary>Rows left out because their label is missing or none of the classes.</summary>
    public int WithoutLabel { get; private set; }

    /// <summary>Rows that fill all tokens allowed, so that most likely something of them was cut.</summary>
    public virtual int AtLimit => 0;

    /// <summary>Rows left out because they cannot be read, where that is allowed.</summary>
    public virtual int Unreadable => 0;

    /// <summary>Reads all rows.</summary>
    /// <exception cref="ArgumentException">A column is missing or has the wrong type, or no row is left.</exception>
    public void Read(IDataView data, string what, string labelColumn, LabelClasses classes, Action checkAlive)
    {
        var label = data.Schema.GetColumnOrNull(labelColumn) ?? throw ModelInput.MissingColumn(labelColumn, data.Schema.Select(c => c.Name));
        using var cursor = data.GetRowCursor([.. input.FindColumns(data.Schema), label]);
        var readClass = LabelReader.Create(cursor, labelColumn, classes);
        var keep = CreateReader(cursor);
        while (cursor.MoveNext())
        {
            checkAlive();
            var index = readClass();
            if (index < 0)
                WithoutLabel++;
            else
                keep(index);
        }
        Complete(checkAlive);
        if (Count == 0)
            throw new ArgumentException(WithoutLabel + Unreadable == 0
                ? $"The {what} data has no rows."
                : Unreadable > 0 ? $"None of the {Unreadable} pictures of the {what} data can be read."
                : $"None of the {WithoutLabel} rows of the {what} data has a label in column '{labelColumn}' that is one of the classes {Name(classes)}.");
    }

    /// <summary>What somebody should know about rows that were left out or changed.</summary>
    public virtual IEnumerable<string> Warnings(string what)
    {
        if (WithoutLabel > 0)
            yield return $"{WithoutLabel} of {WithoutLabel + Count + Unreadable} {what} rows have no label that is one of the classes and were left out.";
    }

    /// <summary>The rows, or those that <paramref name="subset"/> names, as batches.</summary>
    public abstract IBatchSource CreateSource(Device device, int[]? subset = null);

    /// <summary>A function that reads the row the cursor stands on and keeps it as one of this class.</summary>
    protected abstract Action<int> CreateReader(DataViewRow row);

    /// <summary>Is called after the last row.</summary>
    protected virtual void Complete(Action checkAlive)
    {
    }

    private static string Name(LabelClasses classes) =>
        string.Join(", ", classes.Names.Take(10).Select(name => $"'{name}'")) + (classes.Count > 10 ? ", …" : "");
}
