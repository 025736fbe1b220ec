namespace Microsoft.ML.Eva.Tests.Documentation;

/// <summary>The code of docs/moving-from-ml-net.md, which must stand there word for word; see <see cref="SnippetTests"/>.</summary>
internal static class MovingSnippets
{
    public static ITransformer Texts(MLContext mlContext, IDataView train, IDataView validation)
    {
        // snippet
        var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label")
            .Append(mlContext.MulticlassClassification.Trainers.EvaLora(
                labelColumnName: "Label", scoreColumnName: "Score", outputColumnName: "PredictedLabel",
                sentence1ColumnName: "Sentence", epochs: 3, validationSet: validation))
            .Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
        var model = pipeline.Fit(train);
        // end
        return model;
    }

    public static EvaTransformer Similarity(MLContext mlContext, IDataView train)
    {
        // snippet
        var trainer = mlContext.Regression.Trainers.EvaLora(
            labelColumnName: "Similarity", sentence1ColumnName: "Source", sentence2ColumnName: "Target");
        var model = trainer.Fit(train);
        // end
        return model;
    }

    public static ITransformer Pictures(MLContext mlContext, IDataView train)
    {
        // snippet
        var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label")
            .Append(mlContext.MulticlassClassification.Trainers.EvaLoraImage(new EvaLoraImageOptions
            {
                ImageColumnName = "ImagePath",
                ImageFolder = "pictures",
                Training = new TrainingOptions { Epochs = 5, ValidationFraction = 0.1, Patience = 2 },
            }))
            .Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
        var model = pipeline.Fit(train);
        // end
        return model;
    }

    public static EvaLoraTextOptions Progress(CancellationToken stop)
    {
        // snippet
        var options = new EvaLoraTextOptions
        {
            Sentence1ColumnName = "Sentence",
            Training = new TrainingOptions
            {
                Progress = new Progress<TrainingProgress>(told => Console.WriteLine($"epoch {told.Epoch}, step {told.Step} of {told.Steps}, loss {told.Loss:f3}")),
                CancellationToken = stop,
                CheckpointFolder = "run-1",
            },
        };
        // end
        return options;
    }
}
