namespace Microsoft.ML.Eva;

/// <summary>A validation row to whose class the model gave little probability: a hard one, or one with a wrong label.</summary>
public sealed record HardRow
{
    /// <summary>Gets the row's number in the validation data, counted from 0; in the training data where a fraction of it was set apart.</summary>
    public required long Row { get; init; }

    /// <summary>Gets the row's class, an index into <see cref="TrainingReport.Classes"/>.</summary>
    public required int Actual { get; init; }

    /// <summary>Gets the most probable class, an index into <see cref="TrainingReport.Classes"/>.</summary>
    public required int Predicted { get; init; }

    /// <summary>Gets the probability of the row's class, 0 to 1.</summary>
    public required double Probability { get; init; }

    /// <summary>Gets the probability of the predicted class, 0 to 1.</summary>
    public required double PredictedProbability { get; init; }

    /// <summary>Gets the row's text; null unless <see cref="EvaLoraTextOptions.KeepsHardTexts"/> asked for it.</summary>
    public string? Text { get; init; }
}
