namespace Microsoft.ML.Eva;

/// <summary>What rows are learned as; which options make sense depends on it.</summary>
internal enum LearningTask
{
    /// <summary>One of several classes that exclude each other.</summary>
    Classification,

    /// <summary>A number.</summary>
    Regression,

    /// <summary>Any of several labels at once.</summary>
    MultiLabel,
}
