namespace GlueClassification.Reading;

/// <summary>A labelled text, or pair of texts. ML.NET reads a list of these as a data view.</summary>
internal sealed class Example
{
    public string Text { get; set; } = "";

    /// <summary>The second text; empty in tasks on single texts.</summary>
    public string Pair { get; set; } = "";

    public string Label { get; set; } = "";
}
