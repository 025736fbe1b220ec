namespace Microsoft.ML.Eva.Tests.Documentation;

/// <summary>The code of docs/sweeps.md, which must stand there word for word; see <see cref="SnippetTests"/>.</summary>
internal static class SweepSnippets
{
    public static EvaTransformer Run(MLContext mlContext, IDataView train, IDataView validation)
    {
        // snippet
        var sweep = mlContext.MulticlassClassification.Trainers.EvaLoraSweep(new EvaLoraSweepOptions
        {
            Trainer = new EvaLoraTextOptions { Sentence1ColumnName = "Text", Training = new TrainingOptions { Epochs = 3 } },
            Dimensions =
            [
                SweepDimension.Rank(4, 8, 16),
                SweepDimension.Rho(1, 1.5, 2),
                SweepDimension.LearningRate(3e-4, 5e-3),
                SweepDimension.Method(new LoraOptions(), new DoraOptions(), new LoraOptions { IsRankStabilized = true }),
            ],
            Search = new RandomSearchOptions { Trials = 12 },
            Folder = "sweep-of-today",
        });
        using var result = sweep.Run(train, validation); // the label must be a key, as for the trainer
        Console.WriteLine(result);                       // a table, best first
        result.SavePlot("sweep.png");
        mlContext.Model.Save(result.Model, train.Schema, "model.zip");
        // end
        return result.Model;
    }

    public static IEstimator<ITransformer> InAPipeline(MLContext mlContext)
    {
        // snippet
        var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label")
            .Append(mlContext.MulticlassClassification.Trainers.EvaLoraSweep(new EvaLoraSweepOptions
            {
                Trainer = new EvaLoraTextOptions { Sentence1ColumnName = "Text", Training = new TrainingOptions { ValidationFraction = 0.2 } },
                Search = new GridSearchOptions { PointsPerRange = 3 },
            }))
            .Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
        // end
        return pipeline;
    }

    public static IReadOnlyList<SweepDimension> OwnDimensions()
    {
        // snippet
        SweepDimension[] dimensions =
        [
            SweepDimension.Choice("batch size", (trial, size) => trial.Training.BatchSize = size, 16, 32, 64),
            SweepDimension.Range("weight decay", 0.001, 0.1, (trial, decay) => trial.Training.WeightDecay = decay, isLogarithmic: true),
        ];
        // end
        return dimensions;
    }

    public static EvaTransformer OnAllRows(MLContext mlContext, SweepResult result, IDataView allRows)
    {
        // snippet
        var trainer = mlContext.MulticlassClassification.Trainers.EvaLora((EvaLoraTextOptions)result.Options);
        EvaTransformer model = trainer.Fit(allRows, null);
        // end
        return model;
    }
}
