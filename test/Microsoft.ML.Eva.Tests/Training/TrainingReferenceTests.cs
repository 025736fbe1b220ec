using System.Text.Json;
using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Persistence;
using Microsoft.ML.Eva.Persistence.Peft;
using Microsoft.ML.Eva.Tests.Persistence;
using Microsoft.ML.Eva.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Training;

/// <summary>Training runs of every method, step by step as PEFT made them: losses, gradient norms, trained tensors, outputs.</summary>
[Trait("Category", "Fixtures")]
public class TrainingReferenceTests
{
    public static TheoryData<string> Folders => [.. Fixture.Cases("peft_manifest.json", "training").Select(item => item.GetProperty("folder").GetString()!)];

    private static double Tolerance(string name) => Fixture.Json("peft_manifest.json").GetProperty("tolerances").GetProperty("training").GetProperty(name).GetDouble();

    [Theory]
    [MemberData(nameof(Folders))]
    public void Train_CaseOfPeft_GivesItsRun(string folder)
    {
        using var scope = NewDisposeScope();
        var (settings, expected) = (Fixture.Json(folder, "case.json"), Fixture.Json(folder, "expected.json"));
        var (batches, logits, final) = (Fixture.Tensors(folder, "batches.safetensors"), Fixture.Tensors(folder, "logits.safetensors"), Fixture.Tensors(folder, "final.safetensors"));
        using var network = AdapterBase.Load(settings.GetProperty("base").GetString()!, (int)logits["before"].shape[^1]);
        var options = Start(folder, settings, network, final);
        using var evaluation = AdapterBase.BatchOf(batches, "eval.");
        Fixture.AssertClose(logits["before"], network.Forward(evaluation, ForwardMode.Evaluation), 1e-4, $"{folder}: logits before");

        var result = Train(settings, network, options, batches);

        AssertSteps(expected, result, folder);
        Fixture.AssertClose(logits["after"], network.Forward(evaluation, ForwardMode.Evaluation), Tolerance("logits"), $"{folder}: logits after");
        AssertFinal(expected, network, final, folder);
    }

    // PEFT trained exactly what the final file holds; in particular not BERT's pooler.
    private static AdapterOptions Start(string folder, JsonElement settings, Network network, Dictionary<string, Tensor> final)
    {
        AdapterOptions options = new FullFineTuningOptions();
        if (settings.GetProperty("start").GetString() == "initial/")
            options = AdapterFolder.Read(Fixture.PathTo(folder, "initial"), network).Options;
        if (options is LowRankOptions lowRank && settings.GetProperty("loraplus_lr_ratio") is { ValueKind: JsonValueKind.Number } ratio)
            lowRank.LearningRateRatio = ratio.GetDouble();
        var modules = new PeftModules(network);
        var trained = final.Keys.Select(name => modules.FindWeight(WithoutPrefix(name))).OfType<Weight>().ToHashSet();
        foreach (var weight in network.Weights)
            if (trained.Contains(weight))
                weight.MakeTrainable();
            else if (weight.IsOwned)
                weight.Value.requires_grad_(false);
        return options;
    }

    private static string WithoutPrefix(string name) => name.StartsWith(PeftTensors.Prefix, StringComparison.Ordinal) ? name[PeftTensors.Prefix.Length..] : name;

    private static TrainingResult Train(JsonElement settings, Network network, AdapterOptions options, Dictionary<string, Tensor> batches)
    {
        int Setting(string name) => settings.GetProperty(name).GetInt32();
        var steps = Setting("steps");
        var accumulation = Setting("gradient_accumulation");
        var plan = new TrainingPlan
        {
            Epochs = 1,
            BatchSize = Setting("batch_size"),
            GradientAccumulation = accumulation,
            LearningRate = settings.GetProperty("peak_lr").GetDouble(),
            Schedule = new LearningRateSchedule(LearningRateDecay.Linear, steps, Setting("warmup_steps")),
            MaxGradientNorm = settings.GetProperty("max_gradient_norm").GetDouble(),
        };
        var decay = settings.GetProperty("weight_decay").GetDouble();
        var groups = WeightGroup.Create(network, options).SelectMany(group => ParameterGroup.DecayingMatrices(group.Weights, decay, group.LearningRateRatio)).ToList();
        TaskLoss loss = batches["labels"].dim() == 3 ? new ReferenceBatches.NextTokenLoss()
            : batches["labels"].is_floating_point() ? new MeanSquaredErrorLoss() : new CrossEntropyLoss();
        using var method = AdapterTraining.Create(network, options, steps);
        return new Trainer(network, groups, loss, plan, method).Train(new ReferenceBatches(batches, steps * accumulation));
    }

    private static void AssertSteps(JsonElement expected, TrainingResult result, string folder)
    {
        var losses = expected.GetProperty("loss").EnumerateArray().Select(value => value.GetDouble()).ToArray();
        var norms = expected.GetProperty("gradient_norm").EnumerateArray().Select(value => value.GetDouble()).ToArray();
        Assert.Equal(losses.Length, result.Losses.Count);
        for (var step = 0; step < losses.Length; step++)
        {
            Assert.True(Math.Abs(losses[step] - result.Losses[step]) <= Tolerance("loss"), $"{folder}, step {step}: loss {result.Losses[step]}, expected {losses[step]}");
            Assert.True(Math.Abs(norms[step] - result.GradientNorms[step]) <= Tolerance("gradient_norm_relative") * norms[step], $"{folder}, step {step}: norm {result.GradientNorms[step]}, expected {norms[step]}");
        }
    }

    private static void AssertFinal(JsonElement expected, Network network, Dictionary<string, Tensor> final, string folder)
    {
        var modules = new PeftModules(network);
        var exempt = expected.GetProperty("double_deviation").GetProperty("sensitive_tensors").EnumerateObject().Select(entry => entry.Name).ToHashSet();
        var ofAdapters = network.Adapters.SelectMany(adapter => adapter.Weights).ToDictionary(weight => weight.Name);
        foreach (var (name, tensor) in final.Where(entry => !exempt.Contains(entry.Key) && entry.Key is not ("base_model.vera_A" or "base_model.vera_B")))
        {
            var weight = modules.FindWeight(WithoutPrefix(name)) ?? ofAdapters.FirstOrDefault(entry => WithoutPrefix(name).EndsWith(entry.Key, StringComparison.Ordinal) || WithoutPrefix(name) == AdapterName(entry.Key, modules)).Value;
            Assert.True(weight is not null, $"{folder}: nothing is called {name}");
            Fixture.AssertClose(tensor, weight.Value, Tolerance("tensors"), $"{folder}: {name}");
        }
    }

    // Under the name in memory, as DINOv2's files have it.
    private static string AdapterName(string name, PeftModules modules)
    {
        var layer = modules.All.Where(module => name.StartsWith($"{module.Name}.", StringComparison.Ordinal)).MaxBy(module => module.Name.Length)!.Name;
        return modules.FileNames(layer).Last() + name[layer.Length..];
    }
}
