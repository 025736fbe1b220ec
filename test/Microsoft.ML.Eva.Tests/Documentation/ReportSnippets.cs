namespace Microsoft.ML.Eva.Tests.Documentation;

/// <summary>The code of docs/reports.md, which must stand there word for word; see <see cref="SnippetTests"/>.</summary>
internal static class ReportSnippets
{
    public static void Write(EvaTransformer model)
    {
        // snippet
        TrainingReport report = model.Report!;
        report.SaveHtml("run.html");
        report.WriteTensorBoard("runs/first");
        // end
    }

    public static EvaLoraTextOptions KeepTexts(IDataView validation)
    {
        // snippet
        var options = new EvaLoraTextOptions { Sentence1ColumnName = "Text", ValidationSet = validation, KeepsHardTexts = true };
        // end
        return options;
    }

    public static void Watch(MLContext mlContext, IDataView train)
    {
        // snippet
        using var progress = new TensorBoardProgress("runs/second");
        var model = mlContext.MulticlassClassification.Trainers.EvaLora(new EvaLoraTextOptions
        {
            Sentence1ColumnName = "Text",
            Training = new TrainingOptions { ValidationFraction = 0.1, Progress = progress },
        }).Fit(train);
        // end
        model.Dispose();
    }
}
