using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Data.Labels;

/// <summary>
/// The rows' own tokens as labels [rows, tokens], padded like the rows: those from <see cref="TextRows.SecondStart"/> on, where the
/// completion begins. What stands before, and the padding, is <see cref="Ignored"/>.
/// </summary>
internal sealed class CompletionLabels(TextRows rows) : RowLabels
{
    /// <summary>The label of tokens that are not to be learned, as torch's cross entropy and PEFT have it.</summary>
    public const long Ignored = -100;

    /// <inheritdoc/>
    public override int Count => rows.Count;

    /// <inheritdoc/>
    public override bool FollowFromRows => true;

    /// <inheritdoc/>
    public override Tensor ToTensor(ReadOnlySpan<int> rowNumbers, Device device)
    {
        var longest = 0;
        foreach (var row in rowNumbers)
            longest = Math.Max(longest, rows.Lengths[row]);
        var labels = new long[(long)rowNumbers.Length * longest];
        Array.Fill(labels, Ignored);
        for (var i = 0; i < rowNumbers.Length; i++)
        {
            rows.CopyIds(rowNumbers[i], labels.AsSpan(i * longest));
            labels.AsSpan(i * longest, rows.SecondStart(rowNumbers[i])).Fill(Ignored);
        }
        return tensor(labels, [rowNumbers.Length, longest], device: device);
    }

    /// <summary>Not possible: the labels are the rows'.</summary>
    public override void Retain(IReadOnlyList<int> rowNumbers) => throw new NotSupportedException("Completions are part of their rows.");
}
