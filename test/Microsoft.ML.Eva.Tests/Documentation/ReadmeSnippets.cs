namespace Microsoft.ML.Eva.Tests.Documentation;

/// <summary>The code of README.md, which must stand there word for word; see <see cref="SnippetTests"/>.</summary>
internal static class ReadmeSnippets
{
    public static void Fit(IDataView train)
    {
        // snippet
        var ml = new MLContext(seed: 1);
        var pipeline = ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.MulticlassClassification.Trainers.EvaLora(sentence1ColumnName: "Text"))
            .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
        ITransformer model = pipeline.Fit(train);
        ml.Model.Save(model, train.Schema, "model.zip");
        // end
    }

    public static ITransformer Load()
    {
        // snippet
        var model = new MLContext().Model.Load("model.zip", out _);
        // end
        return model;
    }
}
