using System.Globalization;

namespace Microsoft.ML.Eva.MLNet;

/// <summary>How much each row counts, from a column of numbers.</summary>
internal sealed class RowWeights(DataViewRow row, string columnName)
{
    private readonly Func<double> _readNumber = NumberReader.Create(row, columnName, "Weight column");
    private readonly List<float> _weights = [];
    private float _read;

    /// <summary>The kept rows' weights.</summary>
    public IReadOnlyList<float> Values => _weights;

    /// <summary>Rows whose weight is missing.</summary>
    public int Missing { get; private set; }

    /// <summary>Reads the weight of the row the cursor stands on; false where it is missing.</summary>
    /// <exception cref="InvalidDataException">It is negative or infinite.</exception>
    public bool Read()
    {
        var weight = _readNumber();
        _read = (float)weight;
        if (double.IsNaN(weight))
            Missing++;
        else if (weight < 0 || !float.IsFinite(_read))
            throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"Row {row.Position} has the weight {weight} in column '{columnName}'; weights must be finite numbers of at least 0."));
        return !double.IsNaN(weight);
    }

    /// <summary>Keeps the weight that was read last.</summary>
    public void Keep() => _weights.Add(_read);

    /// <summary>Keeps the weights of these rows alone.</summary>
    public void Retain(IReadOnlyList<int> rows)
    {
        float[] kept = [.. rows.Select(place => _weights[place])];
        _weights.Clear();
        _weights.AddRange(kept);
    }

    /// <summary>Throws if no row counts anything.</summary>
    /// <exception cref="ArgumentException">All weights are 0.</exception>
    public void RequireSome()
    {
        if (_weights.Count > 0 && _weights.TrueForAll(weight => weight == 0))
            throw new ArgumentException($"Every row has the weight 0 in column '{columnName}', so there is nothing to learn.");
    }
}
