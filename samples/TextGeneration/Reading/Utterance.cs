namespace TextGeneration.Reading;

/// <summary>A meaning and a sentence that says it: a row as ML.NET reads it.</summary>
internal sealed class Utterance
{
    public string Meaning { get; set; } = "";

    public string Sentence { get; set; } = "";
}
