namespace Microsoft.ML.Eva.Tests.Documentation;

/// <summary>The code of docs/serving.md, which must stand there word for word; see <see cref="SnippetTests"/>.</summary>
internal static class ServingSnippets
{
    public static async Task Predict(MLContext mlContext, CancellationToken aborted)
    {
        // snippet
        ITransformer model = mlContext.Model.Load("model.zip", out _);
        await using var predictor = new BatchPredictor<Message, Prediction>(mlContext, model, new BatchPredictorOptions { Name = "intents" });
        Prediction prediction = await predictor.PredictAsync(new Message { Text = "Where is my parcel?" }, aborted);
        // end
        _ = prediction;
    }

    public static void Share(MLContext mlContext, string[] intents, string[] tones)
    {
        // snippet
        var options = new EvaLoraTextOptions { Sentence1ColumnName = "Text", MergesAdapter = false };
        var first = EvaTransformer.FromAdapter(mlContext, "adapters/intents", intents, options);
        var second = EvaTransformer.FromAdapter(mlContext, "adapters/tones", tones, options);
        // end
        first.Dispose();
        second.Dispose();
    }

    internal sealed class Message
    {
        public string Text { get; set; } = "";
    }

    internal sealed class Prediction
    {
        public float[] Score { get; set; } = [];
    }
}
