using System.Text.Json;
using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Gpt2;
using Microsoft.ML.Eva.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Training;

/// <summary>Whole training runs of PEFT, repeated: loss, gradient norm and learning rate of every step, outputs and tensors at the end.</summary>
[Trait("Category", "Fixtures")]
public class ReferenceRunTests
{
    private static readonly JsonElement Tolerances = Fixture.Json("peft_manifest.json").GetProperty("tolerances").GetProperty("training");

    public static TheoryData<string> Runs => [.. Fixture.Cases("peft_manifest.json", "training").Select(c => c.GetProperty("name").GetString()!)];

    [Theory]
    [MemberData(nameof(Runs))]
    public void Train_ReferenceRun_IsRepeated(string name)
    {
        using var scope = NewDisposeScope();
        var settings = Fixture.Json("training", name, "case.json");
        var expected = Fixture.Json("training", name, "expected.json");
        var batches = new StackedBatches(Fixture.Tensors("training", name, "batches.safetensors"), settings);
        using var network = CreateNetwork(settings);
        var options = PeftStart.Seat(network, name, settings.GetProperty("loraplus_lr_ratio") is { ValueKind: JsonValueKind.Number } ratio ? ratio.GetDouble() : 1);
        var logits = Fixture.Tensors("training", name, "logits.safetensors");
        AssertLogits(logits["before"], network, batches, "logits before");

        var (rates, ranks, lrTolerance) = (new List<double>(), new List<int[]>(), Tolerances.GetProperty("lr_relative").GetDouble());
        var plan = Plan(settings);
        var groups = WeightGroup.Create(network, options)
            .SelectMany(group => ParameterGroup.DecayingMatrices(group.Weights, settings.GetProperty("weight_decay").GetDouble(), group.LearningRateRatio)).ToList();
        using var adapterTraining = AdapterTraining.Create(network, options, plan.Schedule.Steps);
        var listener = new Listener(told =>
        {
            rates.Add(told.LearningRate!.Value);
            ranks.Add([.. network.Adapters.OfType<AdaLoraAdapter>().Select(adapter => (int)adapter.E.Value.count_nonzero().item<long>())]);
        });
        var result = new Trainer(network, groups, Loss(network), plan, adapterTraining).Train(batches, progress: listener);

        AssertSeries(expected.GetProperty("loss"), result.Losses, "loss", _ => Tolerances.GetProperty("loss").GetDouble());
        AssertSeries(expected.GetProperty("gradient_norm"), result.GradientNorms, "gradient norm", value => Tolerances.GetProperty("gradient_norm_relative").GetDouble() * value);
        AssertSeries(expected.GetProperty("lr"), [.. rates.Select(rate => (float)rate)], "learning rate", value => lrTolerance * value);
        if (expected.TryGetProperty("ranks_per_step", out var ranksPerStep))
            Assert.Equal(ranksPerStep.EnumerateArray().Select(step => step.EnumerateArray().Select(rank => rank.GetInt32()).ToArray()), ranks);
        AssertLogits(logits["after"], network, batches, "logits after");
        AssertFinal(network, name, expected);
    }

    private static Network CreateNetwork(JsonElement settings)
    {
        using var generator = new Generator(1);
        var folder = Fixture.PathTo("bases", settings.GetProperty("base").GetString()!);
        var content = CheckpointFolder.Read(folder, CPU);
        var outputs = content.Config.TryGetProperty("id2label", out var names) ? names.EnumerateObject().Count() : 2;
        var network = NetworkFactory.Create(content, HeadKind.Auto, outputs, generator, takeOverHead: true);
        content.Release();
        return IsLanguageModel(content) ? new Network(network.Checkpoint, network.Backbone, new LanguageModelHead(((Gpt2Backbone)network.Backbone).WordTable)) : network;
    }

    private static TrainingPlan Plan(JsonElement settings)
    {
        int Number(string name) => settings.GetProperty(name).GetInt32();
        return new TrainingPlan
        {
            Epochs = Number("steps") * Number("gradient_accumulation") / Number("distinct_batches"),
            BatchSize = Number("batch_size"),
            GradientAccumulation = Number("gradient_accumulation"),
            LearningRate = settings.GetProperty("peak_lr").GetDouble(),
            Schedule = new LearningRateSchedule(LearningRateDecay.Linear, Number("steps"), Number("warmup_steps")),
            MaxGradientNorm = settings.GetProperty("max_gradient_norm").GetDouble(),
            AdamW = new AdamWConstants(settings.GetProperty("betas")[0].GetDouble(), settings.GetProperty("betas")[1].GetDouble(), settings.GetProperty("eps").GetDouble()),
        };
    }

    private static bool IsLanguageModel(CheckpointContent content) =>
        content.Config.GetProperty("architectures")[0].GetString()!.EndsWith("LMHeadModel", StringComparison.Ordinal);

    private static TaskLoss Loss(Network network) =>
        network.Head is LanguageModelHead ? new NextTokenLoss()
        : network.Head.Weights[^1].Value.shape[0] == 1 ? new MeanSquaredErrorLoss() : new CrossEntropyLoss();

    private static void AssertLogits(Tensor expected, Network network, StackedBatches batches, string what)
    {
        using var _ = no_grad();
        using var batch = batches.EvaluationBatches(1).Single();
        using var actual = network.Forward(batch, ForwardMode.Evaluation);
        Fixture.AssertClose(expected, actual, Tolerances.GetProperty("logits").GetDouble(), what);
    }

    private static void AssertSeries(JsonElement expected, IReadOnlyList<float> actual, string what, Func<double, double> tolerance)
    {
        Assert.Equal(expected.GetArrayLength(), actual.Count);
        foreach (var (wanted, i) in expected.EnumerateArray().Select((value, i) => (value.GetDouble(), i)))
            Assert.True(Math.Abs(wanted - actual[i]) <= tolerance(wanted) + 1e-12, $"{what} of step {i}: {actual[i]}, expected {wanted}");
    }

    private static void AssertFinal(Network network, string name, JsonElement expected)
    {
        var sensitive = expected.GetProperty("double_deviation").GetProperty("sensitive_tensors").EnumerateObject().Select(p => p.Name).ToHashSet();
        var final = Fixture.Tensors("training", name, "final.safetensors");
        Assert.NotEmpty(final);
        foreach (var (tensorName, tensor) in final)
            if (!sensitive.Contains(tensorName))
                Fixture.AssertClose(tensor, PeftStart.Find(network, tensorName), Tolerances.GetProperty("tensors").GetDouble(), tensorName);
    }

    private sealed class Listener(Action<TrainingProgress> onReport) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => onReport(value);
    }
}
