namespace ImageClassification.Reading;

/// <summary>A picture's file and what it shows: a row as ML.NET reads it.</summary>
internal sealed class Example
{
    public string Image { get; set; } = "";

    public string Label { get; set; } = "";
}
