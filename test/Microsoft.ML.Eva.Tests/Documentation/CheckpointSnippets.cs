namespace Microsoft.ML.Eva.Tests.Documentation;

/// <summary>The code of docs/checkpoints.md, which must stand there word for word; see <see cref="SnippetTests"/>.</summary>
internal static class CheckpointSnippets
{
    public static EvaLoraTextClassificationEstimator FromFolder(MLContext mlContext)
    {
        // snippet
        var trainer = mlContext.MulticlassClassification.Trainers.EvaLora(new EvaLoraTextOptions
        {
            Sentence1ColumnName = "Text",
            Checkpoint = Checkpoint.FromFolder("roberta-base"),
        });
        // end
        return trainer;
    }

    public static Checkpoint FromHub()
    {
        // snippet
        var checkpoint = Checkpoint.FromHub("microsoft/deberta-v3-base", revision: "main");
        // end
        return checkpoint;
    }

    public static EvaLoraTextOptions TakeOverHead(Checkpoint checkpoint)
    {
        // snippet
        var options = new EvaLoraTextOptions { Sentence1ColumnName = "Text", Checkpoint = checkpoint, TakeOverHead = true };
        // end
        return options;
    }

    public static void SavedWeights(MLContext mlContext, EvaTransformer model, DataViewSchema schema)
    {
        // snippet
        model.SavedWeights = WeightFormat.BFloat16;
        mlContext.Model.Save(model, schema, "model.zip");
        // end
    }
}
