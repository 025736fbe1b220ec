using System.Diagnostics;
using GlueClassification.Reading;
using GlueClassification.Showing;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace GlueClassification;

/// <summary>The same for tasks whose label is a number: how alike two sentences are, from 0 to 5.</summary>
internal static class RegressionRun
{
    public static void Run(MLContext ml, Settings settings, Dataset dataset)
    {
        var train = ml.Data.LoadFromEnumerable(dataset.Train);
        var test = ml.Data.LoadFromEnumerable(dataset.Test);

        // The label is read as a number; what is none is missing, and such rows are left out.
        using var screen = new TrainingScreen();
        var pipeline = ml.Transforms.Conversion.ConvertType("Label", outputKind: DataKind.Single)
            .Append(ml.Regression.Trainers.EvaLora(Program.CreateOptions(ml, settings, dataset, screen, screen.Stop)));
        Program.PrepareToWrite(settings.SavePath);
        Program.PrepareToWrite(settings.JsonPath);
        Screen.ShowTask(dataset, settings);
        using var model = screen.Run(() => pipeline.Fit(train));
        var report = model.LastTransformer.Report!;
        Screen.ShowReport(report);

        var clock = Stopwatch.StartNew();
        var scored = ml.Data.Cache(model.Transform(test));
        var metrics = ml.Regression.Evaluate(scored);
        var correlation = ml.Regression.EvaluateCorrelation(scored);
        var secondsEval = clock.Elapsed.TotalSeconds;
        var scores = Scores(scored);
        RegressionScreen.Show(dataset.Test, scores, metrics, correlation, secondsEval);

        if (settings.SavePath is { } path)
        {
            ml.Model.Save(model, train.Schema, path);
            Screen.ShowLoaded(path, scores, Scores(new MLContext().Model.Load(path, out _).Transform(test)));
            report.SaveRankHeatMap(Path.ChangeExtension(path, ".png"));
        }

        if (settings.JsonPath is { } json)
            (Result.From(report, "pearson", correlation.PearsonCorrelation, dataset.Test.Count, secondsEval) with { Spearman = correlation.SpearmanCorrelation }).Write(json);
    }

    private static float[] Scores(IDataView scored) => [.. scored.GetColumn<float>("Score")];
}
