using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Benchmarks;

/// <summary>One epoch of LoRA over the texts as Fit trains it: batches of 32 rows of like length, adapters of rank 8 on all linear layers of MiniLM.</summary>
internal static class EpochSuite
{
    public static object Run(SuiteSettings settings)
    {
        var seconds = Enumerable.Range(0, settings.Repeats).Select(_ => Train(settings)).ToList();
        return new { Rows = settings.Texts.Count, Threads = get_num_threads(), Seconds = SuiteSettings.Median(seconds), RowsPerSecond = settings.Texts.Count / SuiteSettings.Median(seconds) };
    }

    private static double Train(SuiteSettings settings)
    {
        var options = new LoraOptions { Initialization = new RandomOptions() };
        using var network = MiniLmSetup.CreateNetwork();
        using var generator = new Generator(1);
        var rows = MiniLmSetup.CreateRows(network, settings.Texts, settings.MaxTokens);
        AdapterInjector.Seat(network, AdapterPlan.Create(options, network.Backbone.AdaptableLayers), options, null, generator);
        var groups = WeightGroup.Create(network, options).SelectMany(group => ParameterGroup.DecayingMatrices(group.Weights, 0)).ToList();
        var plan = TrainingPlan.Create(new TrainingOptions { Epochs = 1, BatchSize = 32, Precision = settings.Precision }, rows.RowCount, seed: 1);
        return settings.Seconds(() => new Trainer(network, groups, new CrossEntropyLoss(), plan).Train(rows));
    }
}
