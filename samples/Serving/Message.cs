namespace Serving;

/// <summary>A row as pipelines read it. Pipelines that begin with the label's key want a label, whatever it says.</summary>
internal sealed class Message
{
    public string Text { get; set; } = "";

    public string Pair { get; set; } = "";

    public string Label { get; set; } = "";
}
