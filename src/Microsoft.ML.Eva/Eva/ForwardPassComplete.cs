namespace Microsoft.ML.Eva.Eva;

/// <summary>Ends a forward pass once the last watched layer has shown its input: what comes after is of no interest.</summary>
internal sealed class ForwardPassComplete : Exception;
