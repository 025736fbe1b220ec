namespace Microsoft.ML.Eva.Scoring;

/// <summary>Tells whoever uses a model that has been disposed what most likely disposed it.</summary>
internal static class DisposedModel
{
    /// <summary>Ends the call if the model has been disposed.</summary>
    /// <exception cref="ObjectDisposedException">It has.</exception>
    public static void ThrowIf(bool isDisposed, string type)
    {
        if (isDisposed)
            throw new ObjectDisposedException(type, "This model has been disposed. A PredictionEngine that is disposed takes its model along, unless it was made with new PredictionEngineOptions { OwnsTransformer = false }.");
    }
}
