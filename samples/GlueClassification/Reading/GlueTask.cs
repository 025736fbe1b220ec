namespace GlueClassification.Reading;

/// <summary>Where a GLUE task keeps its rows, in the files as GLUE distributes them.</summary>
/// <param name="Folder">The folder below the one of all tasks.</param>
/// <param name="Text">The first text's column.</param>
/// <param name="Pair">The second text's column; null for single texts.</param>
/// <param name="Label">The label's column.</param>
/// <param name="Columns">The columns' names where the file has no header.</param>
internal sealed record GlueTask(string Folder, string Text, string? Pair, string Label, string[]? Columns = null)
{
    /// <summary>Whether the label is a number, not a class.</summary>
    public bool IsRegression { get; init; }

    /// <summary>The tasks, by the name that --task takes.</summary>
    public static IReadOnlyDictionary<string, GlueTask> Known { get; } = new Dictionary<string, GlueTask>
    {
        ["sst2"] = new("SST-2", "sentence", null, "label"),
        ["cola"] = new("CoLA", "sentence", null, "label", ["source", "label", "mark", "sentence"]),
        ["mrpc"] = new("MRPC", "#1 String", "#2 String", "Quality"),
        ["rte"] = new("RTE", "sentence1", "sentence2", "label"),
        ["stsb"] = new("STS-B", "sentence1", "sentence2", "score") { IsRegression = true },
        ["qnli"] = new("QNLI", "question", "sentence", "label"),
        ["wnli"] = new("WNLI", "sentence1", "sentence2", "label"),
    };
}
