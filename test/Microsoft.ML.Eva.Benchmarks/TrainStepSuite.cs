using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Benchmarks;

/// <summary>Forward, backward and optimiser on batches of 32 rows of 64 tokens, adapters of rank 8 on all linear layers of MiniLM.</summary>
internal static class TrainStepSuite
{
    private const int Steps = 4;
    private const int BatchSize = 32;
    private const int Tokens = 64;

    public static object Run(SuiteSettings settings)
    {
        var methods = new (string Name, AdapterOptions Options)[]
        {
            ("lora", new LoraOptions { Initialization = new RandomOptions() }),
            ("dora", new DoraOptions { Initialization = new RandomOptions() }),
            ("fft", new FullFineTuningOptions()),
        };
        var seconds = settings.Medians([.. methods.Select(method => (Action)(() => Train(settings, method.Options)))]);
        return new
        {
            Shape = $"{BatchSize}x{Tokens}",
            Steps,
            SecondsPerStep = methods.Zip(seconds).ToDictionary(pair => pair.First.Name, pair => pair.Second / Steps),
            Threads = get_num_threads(),
        };
    }

    // Setting up the network is part of the time, but shares its weights with the run before: it takes milliseconds.
    private static void Train(SuiteSettings settings, AdapterOptions options)
    {
        using var network = MiniLmSetup.CreateNetwork();
        using var generator = new Generator(1);
        var longText = string.Join(' ', settings.Texts.Take(40));
        var rows = MiniLmSetup.CreateRows(network, Enumerable.Repeat(longText, BatchSize * Steps), Tokens);
        AdapterInjector.Seat(network, AdapterPlan.Create(options, network.Backbone.AdaptableLayers), options, null, generator);
        var groups = WeightGroup.Create(network, options).SelectMany(group => ParameterGroup.DecayingMatrices(group.Weights, 0)).ToList();
        var plan = TrainingPlan.Create(new TrainingOptions { Epochs = 1, BatchSize = BatchSize }, rows.RowCount, seed: 1);
        new Trainer(network, groups, new CrossEntropyLoss(), plan).Train(rows);
    }
}
