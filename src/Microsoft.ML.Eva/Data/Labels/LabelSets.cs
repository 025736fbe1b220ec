using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Data.Labels;

/// <summary>Which of several labels each row has; [rows, labels] float32 of 0 and 1 as a tensor.</summary>
internal sealed class LabelSets(int labelCount) : RowLabels
{
    private readonly List<bool[]> _sets = [];

    /// <inheritdoc/>
    public override int Count => _sets.Count;

    /// <summary>Appends the next row's labels.</summary>
    public void Add(ReadOnlySpan<bool> labels)
    {
        if (labels.Length != labelCount)
            throw new ArgumentException($"A row has {labels.Length} labels, not {labelCount}.", nameof(labels));
        _sets.Add(labels.ToArray());
    }

    /// <summary>For each label the rows without it over the rows with it; 1 where no row or every row has it.</summary>
    public float[] BalancedWeights()
    {
        var weights = new float[labelCount];
        for (var label = 0; label < labelCount; label++)
        {
            var with = _sets.Count(set => set[label]);
            weights[label] = with == 0 || with == Count ? 1 : (float)(Count - with) / with;
        }
        return weights;
    }

    /// <inheritdoc/>
    public override Tensor ToTensor(ReadOnlySpan<int> rows, Device device)
    {
        var values = new float[rows.Length * labelCount];
        for (var i = 0; i < rows.Length; i++)
            for (var label = 0; label < labelCount; label++)
                values[i * labelCount + label] = _sets[rows[i]][label] ? 1 : 0;
        return tensor(values, [rows.Length, labelCount], device: device);
    }

    /// <inheritdoc/>
    public override void Retain(IReadOnlyList<int> rows) => Retain(_sets, rows);
}
