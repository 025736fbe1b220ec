using System.Text.Json;
using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Persistence;
using Microsoft.ML.Eva.Tests.Backbones;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Persistence;

/// <summary>Every folder that PEFT wrote gives PEFT's numbers, with its adapter and merged; every broken one is refused.</summary>
[Trait("Category", "Fixtures")]
public class AdapterFolderTests
{
    public static TheoryData<string> Folders => [.. Fixture.Cases("peft_manifest.json", "adapter").Select(item => item.GetProperty("folder").GetString()!)];

    public static TheoryData<string> Faults => [.. Fixture.Json("adapters", "faults.json").EnumerateArray().Select(item => item.GetProperty("name").GetString()!)];

    private static double Tolerance(string name) => Fixture.Json("peft_manifest.json").GetProperty("tolerances").GetProperty("adapter").GetProperty(name).GetDouble();

    [Theory]
    [MemberData(nameof(Folders))]
    public void Read_FolderOfPeft_GivesItsNumbers(string folder)
    {
        using var scope = NewDisposeScope();
        var baseName = Fixture.Json(folder, "case.json").GetProperty("base").GetString()!;
        var expected = Fixture.Tensors(folder, "expected.safetensors");
        using var network = AdapterBase.Load(baseName, (int)expected["logits_base"].shape[^1]);
        using var batch = AdapterBase.BatchOf(expected);
        void AssertLogits(string name) => Fixture.AssertClose(expected[name], network.Forward(batch, ForwardMode.Evaluation), Tolerance("logits"), $"{folder}: {name}");
        AssertLogits("logits_base");
        var heads = Values(network.Head.Weights);

        var (_, adapters) = AdapterFolder.Read(Fixture.PathTo(folder), network);

        AssertLogits("logits_adapter");
        Assert.Equal(adapters, network.Adapters);
        if (!folder.Contains("embedding", StringComparison.Ordinal)) // those are merged at once
            Disabled(network, adapters, folder, heads, () => AssertLogits("logits_adapter_disabled"));
        AdapterMerger.Merge(network);
        AssertLogits("logits_merged");
        AssertMerged(expected, network, folder);
        expected.Dispose();
    }

    // PEFT's disable_adapter also goes back to the base's head where one was saved, but keeps trained biases and residual weights.
    private static void Disabled(Network network, IReadOnlyList<LayerAdapter> adapters, string folder, Tensor[] heads, Action check)
    {
        var config = Fixture.Json(folder, "adapter_config.json");
        var savesHead = config.GetProperty("modules_to_save").ValueKind == JsonValueKind.Array;
        var trained = Values(network.Head.Weights);
        void Set(Tensor[] values)
        {
            foreach (var (weight, value) in network.Head.Weights.Zip(values))
                weight.Replace(value.clone());
        }
        if (savesHead)
            Set(heads);
        foreach (var adapter in adapters)
            adapter.Layer.Adapter = null;
        check();
        foreach (var adapter in adapters)
            adapter.Layer.Adapter = adapter;
        Set(trained);
    }

    private static Tensor[] Values(IEnumerable<Weight> weights) => [.. weights.Select(weight => weight.Value.detach().clone())];

    private static void AssertMerged(Dictionary<string, Tensor> expected, Network network, string folder)
    {
        var modules = new Microsoft.ML.Eva.Persistence.Peft.PeftModules(network);
        var names = expected.Keys.Where(name => name.StartsWith("merged.", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(names);
        foreach (var name in names)
        {
            var weight = modules.FindWeight(name["merged.".Length..]);
            Assert.True(weight is not null, name);
            Fixture.AssertClose(expected[name], weight.Value, Tolerance("merged_weights") * Math.Max(1, expected[name].abs().max().item<float>()), $"{folder}: {name}");
        }
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public void Read_BrokenFolder_NamesFaultAndLeavesNetworkAlone(string name)
    {
        using var scope = NewDisposeScope();
        var fault = Fixture.Json("adapters", "faults.json").EnumerateArray().First(item => item.GetProperty("name").GetString() == name);
        var baseName = fault.GetProperty("base").GetString()!;
        using var network = AdapterBase.Load(baseName, AdapterBase.OutputsOf(baseName));
        var before = network.Weights.ToDictionary(weight => weight, weight => weight.Value);

        var e = Assert.Throws<InvalidDataException>(() => AdapterFolder.Read(Fixture.PathTo(fault.GetProperty("folder").GetString()!), network));

        foreach (var word in Expected(name))
            Assert.Contains(word, e.Message);
        Assert.Empty(network.Adapters);
        Assert.All(before, entry => Assert.Same(entry.Value, entry.Key.Value));
    }

    // What the message must name, whatever the seed; a fault that is new to us must be refused all the same.
    private static string[] Expected(string name) => name switch
    {
        "unknown_peft_type" => ["'peft_type'", "NO_SUCH_METHOD", "LORA"],
        "missing_peft_type" => ["'peft_type'", "missing"],
        "shape_mismatch" => ["lora_A.weight", "["],
        "wrong_base_width" => ["lora_B.weight", "["],
        "missing_lora_b" => ["lacks", "lora_B.weight"],
        "missing_all_tensors_of_a_layer" => ["lacks", "lora_A.weight"],
        "unknown_target" or "one_unknown_target" => ["'target_modules'", "no_such_module"],
        "extra_tensor" => ["no place"],
        "rank_pattern_contradicts_shapes" or "pattern_order_lost" => ["rank_pattern", "lora_A.weight"],
        "rank_contradicts_shapes" => ["r = ", "lora_A.weight"],
        "missing_classifier" => ["classifier", "modules_to_save"],
        "zero_rank" => ["'r' is 0"],
        "unknown_key" => ["no_such_option"],
        "no_config" => ["adapter_config.json"],
        "no_tensors" => ["adapter_model.safetensors"],
        _ => [],
    };
}
