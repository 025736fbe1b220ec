using Microsoft.ML;
using Microsoft.ML.Eva;
using TextGeneration.Reading;

namespace TextGeneration.Pretraining;

/// <summary>Makes a small GPT-2 that knows the sentences' language, but nothing of meanings: what real weights bring along for all of English.</summary>
internal static class Pretrainer
{
    private const int Merges = 400;

    /// <summary>Trains all weights on the sentences alone and returns the checkpoint, which lies in <paramref name="folder"/> then.</summary>
    public static Checkpoint Run(MLContext ml, IReadOnlyList<Utterance> rows, int maxTokens, int seed, string folder)
    {
        var blank = Path.Combine(folder, "blank");
        SmallGpt.Write(blank, new BytePairTrainer(rows.SelectMany(row => new[] { row.Meaning, row.Sentence }), Merges), maxTokens, seed);
        var texts = ml.Data.LoadFromEnumerable(rows.Select(row => new { Prompt = "", Completion = row.Sentence }));
        var estimator = ml.Transforms.Text.EvaLoraGeneration(new EvaLoraGenerationOptions
        {
            Checkpoint = Checkpoint.FromFolder(blank),
            Separator = "",
            Adapter = new FullFineTuningOptions(),
            MaxTokens = maxTokens,
            Decoding = new GreedyOptions { MaxNewTokens = 1 },
            Training = new TrainingOptions { Epochs = 4, BatchSize = 16, LearningRate = 3e-3 },
        });
        using var model = estimator.Fit(texts);
        var pretrained = Path.Combine(folder, "pretrained");
        model.SaveCheckpoint(pretrained);
        return Checkpoint.FromFolder(pretrained);
    }
}
