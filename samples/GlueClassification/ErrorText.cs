namespace GlueClassification;

/// <summary>Turns exceptions into a line for the console.</summary>
internal static class ErrorText
{
    /// <summary>The message without line breaks, and without the parameter's name that .NET appends to an ArgumentException.</summary>
    public static string OneLine(Exception e)
    {
        var text = e is ArgumentException { ParamName: { } name } ? e.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal) : e.Message;
        return string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    }
}
