using Microsoft.ML;
using Microsoft.ML.Eva;
using Serving.Models;

namespace Serving.Measuring;

/// <summary>Shows what several models of one backbone cost in memory: with their adapters beside the shared weights, and merged into copies.</summary>
internal static class MemoryMeasurement
{
    /// <summary>Trains one adapter, loads it <paramref name="count"/> times on each road, and writes a table.</summary>
    public static void Run(Settings settings, int count)
    {
        var ml = new MLContext(seed: 1);
        var folder = settings.Adapters.Values.FirstOrDefault() ?? SampleAdapter(ml);
        var message = new Message { Text = "Where is my parcel?" };
        Console.WriteLine("model         resident MiB, all models so far");
        foreach (var merges in new[] { false, true })
        {
            var models = new List<EvaTransformer>();
            var second = 0.0;
            for (var i = 1; i <= count; i++)
            {
                models.Add(ModelSources.LoadAdapter(ml, folder, merges));
                using var engine = ml.Model.CreatePredictionEngine<Message, MessageScores>(models[^1], new PredictionEngineOptions { OwnsTransformer = false });
                engine.Predict(message);
                second = i == 2 ? Resident() : second;
                if (i is 1 or 2 || i == count)
                    Console.WriteLine($"{(merges ? "merged" : "not merged"),-11} {i,2} {Resident(),8:0.0}");
            }
            if (count > 2)
                Console.WriteLine($"            each further model {(Resident() - second) / (count - 2):0.00}");
            models.ForEach(model => model.Dispose());
        }
    }

    private static string SampleAdapter(MLContext ml)
    {
        var folder = Directory.CreateTempSubdirectory("eva-serving").FullName;
        using var model = SampleTraining.Fit(ml, intent => intent);
        model.SaveAdapter(folder);
        File.WriteAllLines(Path.Combine(folder, ModelSources.ClassesFile), model.Classes);
        return folder;
    }

    private static double Resident()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return Environment.WorkingSet / 1024.0 / 1024.0;
    }
}
