namespace Microsoft.ML.Eva.Persistence;

/// <summary>What a saved model says that it does: what its rows are made of, and what it learned from them (<c>text-classification</c>).</summary>
internal static class ModelTasks
{
    /// <summary>Texts or pairs of texts.</summary>
    public const string Text = "text";

    /// <summary>Pictures.</summary>
    public const string Image = "image";

    private static readonly Dictionary<string, (string Modality, LearningTask Learning)> All = (
        from modality in new[] { Text, Image }
        from learning in Enum.GetValues<LearningTask>()
        select (modality, learning)).ToDictionary(task => Name(task.modality, task.learning));

    /// <summary>The name of a task.</summary>
    public static string Name(string modality, LearningTask learning) => $"{modality}-{Word(learning)}";

    /// <summary>The two parts of a name.</summary>
    /// <exception cref="InvalidDataException">The task is unknown.</exception>
    public static (string Modality, LearningTask Learning) Parse(string name) => All.TryGetValue(name, out var task)
        ? task
        : throw new InvalidDataException($"The model file is for the task '{name}', which this version of Microsoft.ML.Eva does not know.");

    private static string Word(LearningTask learning) => learning switch
    {
        LearningTask.Classification => "classification",
        LearningTask.Regression => "regression",
        _ => "multi-label-classification",
    };
}
