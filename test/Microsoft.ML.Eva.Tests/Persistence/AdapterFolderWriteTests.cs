using System.Text.Json;
using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Persistence;
using Microsoft.ML.Eva.Tests.Backbones;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Persistence;

/// <summary>A folder that was read is written as PEFT wrote it, and what we write we read again.</summary>
[Trait("Category", "Fixtures")]
public sealed class AdapterFolderWriteTests : IDisposable
{
    // What a list of targets or a pattern matches is written as the full names of what it matched; the base is named by its folder.
    private static readonly string[] Rewritten = ["target_modules", "exclude_modules", "rank_pattern", "alpha_pattern", "base_model_name_or_path", "auto_mapping", "task_type", "modules_to_save", "total_step", "tinit", "tfinal", "projection_prng_key", "init_lora_weights", "r", "lora_alpha"];

    private readonly string _folder = Directory.CreateTempSubdirectory("eva-adapter-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<string> Folders => [.. Fixture.Cases("peft_manifest.json", "adapter").Select(item => item.GetProperty("folder").GetString()!)];

    [Theory]
    [MemberData(nameof(Folders))]
    public void Write_WhatWasRead_GivesSameLogitsAndKeys(string folder)
    {
        using var scope = NewDisposeScope();
        var baseName = Fixture.Json(folder, "case.json").GetProperty("base").GetString()!;
        var expected = Fixture.Tensors(folder, "expected.safetensors");
        var outputs = (int)expected["logits_base"].shape[^1];
        using var batch = AdapterBase.BatchOf(expected);
        using (var network = AdapterBase.Load(baseName, outputs))
        {
            var (options, _) = AdapterFolder.Read(Fixture.PathTo(folder), network);
            AdapterFolder.Write(_folder, network, options, isFamilyHead: baseName != "gpt2");
        }
        if (folder.Contains("embedding", StringComparison.Ordinal))
            return; // its embedding was merged into the base, which no adapter folder can hold

        using var again = AdapterBase.Load(baseName, outputs);
        AdapterFolder.Read(_folder, again);

        Fixture.AssertClose(expected["logits_adapter"], again.Forward(batch, ForwardMode.Evaluation), 1e-4, $"{folder} written and read");
        AssertConfig(folder);
        AssertTensors(folder, baseName);
        expected.Dispose();
    }

    private void AssertConfig(string folder)
    {
        var (theirs, ours) = (Fixture.Json(folder, "adapter_config.json"), JsonDocument.Parse(File.ReadAllBytes(Path.Combine(_folder, "adapter_config.json"))).RootElement);
        Assert.Equal(theirs.EnumerateObject().Select(p => p.Name), ours.EnumerateObject().Select(p => p.Name));
        foreach (var property in theirs.EnumerateObject().Where(p => !Rewritten.Contains(p.Name)))
            Assert.True(JsonElement.DeepEquals(property.Value, ours.GetProperty(property.Name)), $"{property.Name}: {property.Value.GetRawText()} became {ours.GetProperty(property.Name).GetRawText()}");
    }

    // All of their tensors bit by bit, but for conversions; we write the whole head as well.
    private void AssertTensors(string folder, string baseName)
    {
        if (folder.Contains("_residual", StringComparison.Ordinal) || folder.Contains("checkpoint_names", StringComparison.Ordinal) || baseName == "gpt2")
            return;
        var (theirs, ours) = (Fixture.Tensors(folder, "adapter_model.safetensors"), Microsoft.ML.Eva.Tensors.SafetensorsReader.ReadFile(Path.Combine(_folder, "adapter_model.safetensors")));
        foreach (var (name, tensor) in theirs.Where(t => t.Value.numel() > 0)) // layers that AdaLoRA pruned to rank 0 have no adapter
            Fixture.AssertClose(tensor, ours.TryGetValue(name, out var found) ? found : throw new Xunit.Sdk.XunitException($"{name} is missing"), 0, name);
        theirs.Dispose();
        ours.Dispose();
    }

    // PEFT has no class that a policy's adapter could be written for.
    [Fact]
    public void Find_EveryFamilyOfClassifiers_HasItsPrefix() => Assert.All(ModelFamily.All.Where(family => family.Key != "decision_transformer"), family =>
        Assert.Equal(family.Value.Prefix, Microsoft.ML.Eva.Persistence.Peft.PeftFamily.Find(family.Key)?.Prefix));

    [Fact]
    public void Write_ModernBert_HasTheNamesOfItsTaskModel()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(4);
        var options = new LoraOptions { Initialization = new RandomOptions(), TargetLayers = ["Wqkv", "mlp.Wo"] };
        using var network = GoldenModel.Load("models/modernbert/base", HeadKind.Pooler, 2);
        AdapterInjector.Seat(network, AdapterPlan.Create(options, network.Backbone.AdaptableLayers), options, null, generator);

        AdapterFolder.Write(_folder, network, options, isFamilyHead: true);

        var config = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(_folder, "adapter_config.json"))).RootElement;
        Assert.Equal("SEQ_CLS", config.GetProperty("task_type").GetString());
        Assert.Equal(["classifier", "head"], config.GetProperty("modules_to_save").EnumerateArray().Select(item => item.GetString()));
        var written = Microsoft.ML.Eva.Tensors.SafetensorsReader.ReadFile(Path.Combine(_folder, "adapter_model.safetensors"));
        Assert.Contains("base_model.model.model.layers.0.attn.Wqkv.lora_A.weight", written.Keys);
        Assert.Contains("base_model.model.head.dense.weight", written.Keys);
        Assert.Contains("base_model.model.classifier.weight", written.Keys);
        using var again = GoldenModel.Load("models/modernbert/base", HeadKind.Pooler, 2);
        Assert.Equal(network.Adapters.Count(), AdapterFolder.Read(_folder, again).Adapters.Count);
        written.Dispose();
    }

    [Fact]
    public void Write_HeadOfOurOwn_IsKeptBeside()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(4);
        var options = new LoraOptions { Initialization = new RandomOptions(), Biases = BiasTraining.AdaptedLayers, TargetLayers = ["query"] };
        using var network = GoldenModel.Load("bases/bert", HeadKind.Mean, 2);
        AdapterInjector.Seat(network, AdapterPlan.Create(options, network.Backbone.AdaptableLayers), options, null, generator);
        using (no_grad())
            foreach (var weight in network.Adapters.SelectMany(adapter => adapter.Weights).Concat(network.Head.Weights))
                weight.Value.add_(0.1);
        using var batch = AdapterBase.BatchOf(Fixture.Tensors("adapters", "lora", "expected.safetensors"));
        AdapterFolder.Write(_folder, network, options, isFamilyHead: false);
        using var again = GoldenModel.Load("bases/bert", HeadKind.Mean, 2);

        var (read, _) = AdapterFolder.Read(_folder, again);

        Fixture.AssertClose(network.Forward(batch, ForwardMode.Evaluation).detach(), again.Forward(batch, ForwardMode.Evaluation), 1e-6, "logits");
        Assert.Equal(BiasTraining.AdaptedLayers, read.Biases);
    }
}
