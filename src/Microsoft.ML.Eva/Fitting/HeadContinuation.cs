using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.MLNet;
using Microsoft.ML.Eva.MLNet.Targets;

namespace Microsoft.ML.Eva.Fitting;

/// <summary>How the head of a model fitted before meets the labels it is to be trained on with.</summary>
internal static class HeadContinuation
{
    /// <summary>For each output the one of the model that it starts from, −1 for new ones. What becomes of the classes goes to <paramref name="progress"/>.</summary>
    /// <exception cref="ArgumentException">The model learned something else, or another head is asked for.</exception>
    public static IReadOnlyList<int> Rows(TrainedHead trained, string model, HeadKind wanted, Target target, OutputColumns outputs, FitProgress progress)
    {
        if (trained.Task != target.Task)
            throw new ArgumentException($"The checkpoint {model} is a fitted model for {Word(trained.Task)}, which cannot be trained on for {Word(target.Task)}. Use the trainer that made it, or a checkpoint without a head.", nameof(EvaLoraOptions.Checkpoint));
        if (wanted != HeadKind.Auto && wanted != trained.Kind)
            throw new ArgumentException($"{nameof(EvaLoraOptions.Head)} is {wanted}, but the checkpoint {model} is a fitted model with the head {trained.Kind}, which is trained on. Leave {nameof(EvaLoraOptions.Head)} at {HeadKind.Auto}.", nameof(EvaLoraOptions.Head));
        var rows = trained.RowsOf(outputs.Classes?.Names);
        if (outputs.Classes is { } classes)
            Tell(trained.Classes, classes.Names, progress);
        return rows;
    }

    private static void Tell(IReadOnlyList<string> before, IReadOnlyList<string> now, FitProgress progress)
    {
        var (added, dropped) = (now.Except(before).ToList(), before.Except(now).ToList());
        if (added.Count == now.Count)
            progress.Warning($"None of the label's classes is one of the fitted model's ({List(before)}); all start anew.");
        else if (added.Count > 0)
            progress.Info($"New classes beside those of the fitted model: {List(added)}.");
        if (dropped.Count > 0)
            progress.Warning($"The fitted model's classes {List(dropped)} are none of the label's, so the new model does not have them. To keep them, make the key with MapValueToKey's keyData.");
    }

    private static string List(IReadOnlyList<string> names) =>
        string.Join(", ", names.Take(20).Select(name => $"'{name}'")) + (names.Count > 20 ? $", … {names.Count} in all" : "");

    private static string Word(LearningTask task) => task switch
    {
        LearningTask.Classification => "classes that exclude each other",
        LearningTask.Regression => "regression",
        _ => "several labels at once",
    };
}
