namespace Microsoft.ML.Eva.Tests.MLNet;

/// <summary>Texts whose number a network with two narrow layers learns in a few seconds: how often a word occurs, on a scale far from 0.</summary>
internal static class TinyNumbers
{
    private static readonly string[] Subjects = ["the order", "my card", "this hotel", "their food", "our trip", "the box", "it all", "the film"];

    /// <summary>Rows with the numbers 1000, 1100, … 1400.</summary>
    public static List<NumberRow> Rows(int count = 80) => [.. Enumerable.Range(0, count).Select(i => new NumberRow
    {
        Text = $"{Subjects[i % Subjects.Length]} was {string.Concat(Enumerable.Repeat("really ", i % 5))}good on day {i % 7}",
        Label = 1000 + 100 * (i % 5),
    })];

    /// <summary>Options that learn the task.</summary>
    public static EvaLoraTextOptions NumberOptions(int epochs = 10)
    {
        var options = TinyData.TinyOptions(epochs);
        options.Sentence1ColumnName = nameof(NumberRow.Text);
        return options;
    }

    internal sealed class NumberRow
    {
        public string Text { get; set; } = "";

        public double Label { get; set; }
    }

    internal sealed class NumberPrediction
    {
        public float Score { get; set; }
    }
}
