using Microsoft.ML;
using Microsoft.ML.Eva;

namespace Serving.Models;

/// <summary>The models that the command line asks for.</summary>
internal static class ModelSources
{
    /// <summary>The file beside an adapter that names its classes, one on a line, in the order of its outputs.</summary>
    public const string ClassesFile = "classes.txt";

    /// <summary>The zips and adapters named; without any, two that are trained at the start.</summary>
    public static IReadOnlyList<ModelSource> Create(Settings settings)
    {
        foreach (var name in settings.Zips.Keys.Intersect(settings.Adapters.Keys))
            throw new ArgumentException($"Two models are called {name}.");
        var named = settings.Zips.Select(zip => new ModelSource(zip.Key, zip.Value, (ml, _) => ml.Model.Load(zip.Value, out DataViewSchema _)))
            .Concat(settings.Adapters.Select(adapter => new ModelSource(adapter.Key, adapter.Value, (ml, _) => LoadAdapter(ml, adapter.Value, merges: false))))
            .ToList();
        return named.Count > 0 ? named :
        [
            new ModelSource("intents", null, (ml, stop) => SampleTraining.Fit(ml, intent => intent, stop)),
            new ModelSource("complaints", null, (ml, stop) => SampleTraining.Fit(ml, intent => intent == "complaint" ? intent : "other", stop)),
        ];
    }

    /// <summary>A model of an adapter folder that shares the backbone of all others, unless it <paramref name="merges"/> the adapter into a copy.</summary>
    public static EvaTransformer LoadAdapter(MLContext ml, string folder, bool merges)
    {
        var options = new EvaLoraTextOptions { Sentence1ColumnName = nameof(Message.Text), MergesAdapter = merges };
        return EvaTransformer.FromAdapter(ml, folder, File.ReadAllLines(Path.Combine(folder, ClassesFile)), options);
    }
}
