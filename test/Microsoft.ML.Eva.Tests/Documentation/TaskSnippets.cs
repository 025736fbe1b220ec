using Microsoft.ML.Data;

namespace Microsoft.ML.Eva.Tests.Documentation;

/// <summary>The code of docs/tasks.md, which must stand there word for word; see <see cref="SnippetTests"/>.</summary>
internal static class TaskSnippets
{
    public static (RegressionMetrics, CorrelationMetrics) Regression(MLContext mlContext, IDataView train, IDataView test)
    {
        // snippet
        var trainer = mlContext.Regression.Trainers.EvaLora(
            labelColumnName: "Similarity", sentence1ColumnName: "Text", sentence2ColumnName: "Other", epochs: 2);
        var model = trainer.Fit(train);
        var scored = model.Transform(test);
        var errors = mlContext.Regression.Evaluate(scored, labelColumnName: "Similarity");
        var correlation = mlContext.Regression.EvaluateCorrelation(scored, labelColumnName: "Similarity");
        // end
        return (errors, correlation);
    }

    public static MultiLabelMetrics MultiLabel(MLContext mlContext, IDataView train, IDataView test)
    {
        // snippet
        var pipeline = mlContext.Transforms.Concatenate("Label", "Delivery", "Refund", "Complaint")
            .Append(mlContext.MulticlassClassification.Trainers.EvaLoraMultiLabel(new EvaLoraTextOptions
            {
                Sentence1ColumnName = "Text",
                Threshold = 0.4,
                ClassWeights = ClassWeights.Balanced,
            }));
        var model = pipeline.Fit(train);
        var metrics = mlContext.MulticlassClassification.EvaluateMultiLabel(model.Transform(test), threshold: 0.4);
        // end
        return metrics;
    }

    public static EvaLoraTextOptions Weights()
    {
        // snippet
        var options = new EvaLoraTextOptions
        {
            Sentence1ColumnName = "Text",
            ClassWeights = ClassWeights.Of(new Dictionary<string, double> { ["fraud"] = 20, ["returned"] = 2 }),
            ExampleWeightColumnName = "Importance",
            LabelSmoothing = 0.1,
        };
        // end
        return options;
    }

    public static ITransformer Continue(MLContext mlContext, IDataView newRows, IDataView allClasses)
    {
        // snippet
        var pipeline = mlContext.Transforms.Conversion.MapValueToKey("Label", keyData: allClasses)
            .Append(mlContext.MulticlassClassification.Trainers.EvaLora(new EvaLoraTextOptions
            {
                Sentence1ColumnName = "Text",
                Checkpoint = Checkpoint.FromModel("model.zip"),
                Training = new TrainingOptions { Epochs = 2, LearningRate = 5e-4 },
            }))
            .Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
        var model = pipeline.Fit(newRows);
        // end
        return model;
    }

    public static TrainingOptions Memory()
    {
        // snippet
        var training = new TrainingOptions { BatchSize = 128, SplitsBatchesWhenOutOfMemory = true };
        // end
        return training;
    }
}
