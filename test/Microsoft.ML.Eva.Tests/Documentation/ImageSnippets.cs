namespace Microsoft.ML.Eva.Tests.Documentation;

/// <summary>The code of docs/image-classification.md, which must stand there word for word; see <see cref="SnippetTests"/>.</summary>
internal static class ImageSnippets
{
    public static void Fit(IDataView data)
    {
        // snippet
        var ml = new MLContext(seed: 1);
        var pipeline = ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.MulticlassClassification.Trainers.EvaLoraImage(imageColumnName: "Image"))
            .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
        using var model = pipeline.Fit(data);
        ml.Model.Save(model, data.Schema, "signs.zip");
        // end
    }
}
