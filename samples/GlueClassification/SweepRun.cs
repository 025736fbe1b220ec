using GlueClassification.Reading;
using GlueClassification.Showing;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Eva;
using Microsoft.ML.Transforms;
using Spectre.Console;

namespace GlueClassification;

/// <summary>Tries combinations of rank, rho and learning rate instead of one, shows how they fared, and measures the best.</summary>
internal static class SweepRun
{
    // Of the training rows, where the task has no rows of its own to compare trials on.
    private const double ValidationFraction = 0.2;

    public static void Run(MLContext ml, Settings settings, Dataset dataset)
    {
        var train = ml.Data.LoadFromEnumerable(dataset.Train);
        var test = ml.Data.LoadFromEnumerable(dataset.Test);
        var picture = Path.ChangeExtension(settings.SavePath ?? Path.Combine("artifacts", "sweep"), ".sweep.png");
        Program.PrepareToWrite(settings.SavePath);
        Program.PrepareToWrite(settings.JsonPath);
        Program.PrepareToWrite(picture);

        using var screen = new SweepScreen();
        var options = CreateOptions(ml, settings, dataset, screen);
        var labels = ml.Transforms.Conversion.MapValueToKey("Label", keyOrdinality: ValueToKeyMappingEstimator.KeyOrdinality.ByValue).Fit(train);
        SweepScreen.ShowTask(dataset, settings);
        using var result = ml.MulticlassClassification.Trainers.EvaLoraSweep(options).Run(labels.Transform(train));
        AnsiConsole.WriteLine(result.ToString());
        result.SavePlot(picture);
        AnsiConsole.MarkupLineInterpolated($"{result.Seconds:f0} s, of them {result.SecondsWarmUp:f1} s for the one warm-up. Picture: [bold]{picture}[/]");

        var metrics = ml.MulticlassClassification.Evaluate(result.Model.Transform(labels.Transform(test)));
        var score = TaskScore.Of(settings.Task, metrics);
        AnsiConsole.MarkupLineInterpolated($"The best trial's model on {dataset.Test.Count:n0} rows that no trial has seen: {score.Name} [bold]{score.Value:f4}[/]");
        if (settings.SavePath is { } path)
            Save(ml, labels, result.Model, train, path);
        if (settings.JsonPath is { } json)
        {
            using var file = File.Create(json);
            result.WriteJson(file);
        }
    }

    private static EvaLoraSweepOptions CreateOptions(MLContext ml, Settings settings, Dataset dataset, SweepScreen screen)
    {
        var trainer = Program.CreateOptions(ml, settings, dataset, progress: null, screen.Stop);
        if (trainer.ValidationSet is null)
            trainer.Training.ValidationFraction = ValidationFraction;
        return new EvaLoraSweepOptions
        {
            Trainer = trainer,
            Dimensions = [SweepDimension.Rank(4, 8, 16), SweepDimension.Rho(1, 1.5, 2), SweepDimension.LearningRate(3e-4, 1e-2)],
            Search = new RandomSearchOptions { Trials = settings.SweepTrials!.Value },
            Folder = settings.SweepFolder,
            Progress = screen,
        };
    }

    // As in a pipeline: the label becomes a key, the model scores, the predicted key becomes the label's text again.
    private static void Save(MLContext ml, ITransformer labels, EvaTransformer model, IDataView train, string path)
    {
        var names = ml.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(model.Transform(labels.Transform(train)));
        ml.Model.Save(new TransformerChain<ITransformer>(labels, model, names), train.Schema, path);
        AnsiConsole.MarkupLineInterpolated($"Saved to [bold]{path}[/].");
    }
}
