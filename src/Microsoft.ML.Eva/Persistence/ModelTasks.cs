namespace Microsoft.ML.Eva.Persistence;

/// <summary>What a saved model says that it does.</summary>
internal static class ModelTasks
{
    /// <summary>Texts or pairs of texts to classes.</summary>
    public const string TextClassification = "text-classification";

    /// <summary>Pictures to classes.</summary>
    public const string ImageClassification = "image-classification";
}
