namespace Microsoft.ML.Eva.Tests.Documentation;

/// <summary>The code of docs/generation.md, which must stand there word for word; see <see cref="SnippetTests"/>.</summary>
internal static class GenerationSnippets
{
    public static EvaGenerationTransformer Train(IDataView train)
    {
        // snippet
        var ml = new MLContext(seed: 1);
        var model = ml.Transforms.Text.EvaLoraGeneration(
            Checkpoint.FromHub("openai-community/gpt2"), promptColumnName: "Meaning", completionColumnName: "Sentence", epochs: 5, learningRate: 2e-4).Fit(train);
        ml.Model.Save(model, train.Schema, "generator.zip");
        // end
        return model;
    }

    public static IDataView WriteAll(MLContext ml, EvaGenerationTransformer model, IDataView test)
    {
        // snippet
        model.Decoding = new BeamSearchOptions { Beams = 10, LengthPenalty = 0.9, NoRepeatNgramSize = 4, MaxNewTokens = 64 };
        var written = model.Transform(test); // adds GeneratedText
        var metrics = ml.Transforms.Text.EvaluateGeneration(written, referenceColumnName: "Sentence", promptColumnName: "Meaning");
        Console.WriteLine(metrics); // BLEU, NIST, ROUGE-L
        // end
        return written;
    }

    public static async Task Stream(EvaGenerationTransformer model, CancellationToken cancellation)
    {
        // snippet
        var sampling = new SamplingOptions { Temperature = 0.8, TopK = 50, TopP = 0.95, Seed = 7, MaxNewTokens = 100, StopSequences = ["\n\n"] };
        await foreach (var piece in model.StreamAsync("name[Blue Lantern], kind[pub]", sampling, cancellation))
            Console.Write(piece);
        // end
    }

    public static EvaLoraGenerationOptions Options(IDataView validation)
    {
        // snippet
        var options = new EvaLoraGenerationOptions
        {
            Checkpoint = Checkpoint.FromFolder("gpt2-medium"),
            Separator = "\n",
            MaxTokens = 256,
            LabelSmoothing = 0.1,
            Adapter = new LoraOptions { Rank = 4, Alpha = 32, Initialization = new EvaOptions { ExcludesUnlabeledTokens = false } },
            Training = new TrainingOptions { Epochs = 5, BatchSize = 8, GradientAccumulation = 4, LearningRate = 2e-4, CheckpointFolder = "run-1" },
            ValidationSet = validation,
        };
        // end
        return options;
    }
}
