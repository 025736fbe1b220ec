using System.Text.Json;
using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Eva;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Eva;

/// <summary>One folder of Fixtures/eva: a network, batches, PEFT's settings and what PEFT made of them.</summary>
internal sealed class EvaCase : IDisposable
{
    private readonly CheckpointContent _content;
    private readonly Network _network;
    private readonly Dictionary<string, Tensor> _inputs;
    private readonly JsonElement _case;

    public EvaCase(string name)
    {
        Name = name;
        _case = Fixture.Json("eva", name, "case.json");
        Facts = Fixture.Json("eva", name, "exact.json");
        Tensors = Fixture.Tensors("eva", name, "exact.safetensors");
        _inputs = Fixture.Tensors("eva", OwnBatches() ? name : _case.GetProperty("same_batches_as").GetString()!, "batches.safetensors");
        _content = HasWeights(name) ? CheckpointFolder.Read(Fixture.PathTo("bases", Base(name)), CPU) : Checkpoint.MiniLM.Acquire(CPU);
        using var generator = new Generator(1);
        _network = NetworkFactory.Create(_content, HeadKind.Mean, 2, generator);
        Plan = new AdapterPlan([.. Facts.GetProperty("layers").EnumerateObject().Select(Planned)]);
    }

    public string Name { get; }

    /// <summary>exact.json.</summary>
    public JsonElement Facts { get; }

    /// <summary>exact.safetensors.</summary>
    public Dictionary<string, Tensor> Tensors { get; }

    public AdapterPlan Plan { get; }

    /// <summary>The layer's name in the reference.</summary>
    public string ReferenceName(AdaptableLayer layer) =>
        Facts.GetProperty("layers").EnumerateObject().Single(facts => Matches(facts.Name, layer)).Name;

    public bool IsRankStabilized => Config.GetProperty("use_rslora").GetBoolean();

    private JsonElement Config => _case.GetProperty("lora_config");

    /// <summary>All cases whose networks the library knows. Where the weights do not lie beside them, they are the embedded checkpoint's.</summary>
    public static IEnumerable<string> Names => Fixture.Cases("peft_manifest.json", "eva")
        .Select(c => c.GetProperty("name").GetString()!)
        .Where(name => !AnalysesTables(name))
        .Where(name => !HasWeights(name) || ModelFamily.All.ContainsKey(Fixture.Json("bases", Base(name), "config.json").GetProperty("model_type").GetString()!));

    public EvaOptions PeftOptions()
    {
        var settings = Config.GetProperty("eva_config");
        var options = EvaOptions.PeftCompatible();
        options.Rho = settings.GetProperty("rho").GetDouble();
        options.Tau = settings.GetProperty("tau").GetDouble();
        options.ExcludesUnlabeledTokens = settings.GetProperty("use_label_mask").GetBoolean();
        options.Whitening = settings.GetProperty("whiten").GetBoolean() ? EvaWhitening.RootOfSingularValue : EvaWhitening.None;
        options.AlphaAdjustment = settings.GetProperty("adjust_scaling_factors").GetBoolean() ? EvaAlphaAdjustment.Proportional : EvaAlphaAdjustment.None;
        return options;
    }

    public EvaResult Run(EvaOptions options)
    {
        var analysis = _case.GetProperty("functions").GetString() == "flatten"
            ? new EvaAnalysis(options, seed: 1) { IsRankStabilized = IsRankStabilized, Mask = _ => null }
            : new EvaAnalysis(options, seed: 1) { IsRankStabilized = IsRankStabilized };
        return analysis.Run(_network.Backbone, Plan, Batches);
    }

    public IEnumerable<Batch> Batches()
    {
        Tensor? Input(string name) => _inputs.TryGetValue(name, out var tensor) ? tensor.clone().DetachFromDisposeScope() : null;
        for (var i = 0; _inputs.Keys.Any(key => key.StartsWith($"{i:00}.", StringComparison.Ordinal)); i++)
            yield return new Batch
            {
                Inputs = Input($"{i:00}.input_ids") ?? Input($"{i:00}.pixel_values")!,
                Mask = Input($"{i:00}.attention_mask"),
                TokenTypes = Input($"{i:00}.token_type_ids"),
                Labels = Input($"{i:00}.labels"),
            };
    }

    public void Dispose()
    {
        _network.Dispose();
        _content.Release();
        foreach (var tensor in _inputs.Values.Concat(Tensors.Values))
            tensor.Dispose();
    }

    private static string Base(string name) => Fixture.Json("eva", name, "case.json").GetProperty("base").GetString()!;

    // There PEFT also takes the rows of DeBERTa's table of distances, as a second update per pass, for data of query_proj (and of
    // value_proj, which shares its input); here tables are never data, so that neither passes nor ranks are comparable.
    private static bool AnalysesTables(string name) =>
        Fixture.Json("eva", name, "case.json") is var settings && settings.GetProperty("functions").GetString() == "flatten" && settings.GetProperty("base").GetString()!.StartsWith("deberta", StringComparison.Ordinal);

    private static bool HasWeights(string name) => Directory.Exists(Fixture.PathTo("bases", Base(name)));

    private bool OwnBatches() => File.Exists(Fixture.PathTo("eva", Name, "batches.safetensors"));

    private PlannedLayer Planned(JsonProperty facts)
    {
        var rank = facts.Value.GetProperty("initial_rank").GetInt32();
        var scaling = facts.Value.GetProperty("initial_scaling").GetDouble();
        return new PlannedLayer(_network.Backbone.AdaptableLayers.Single(layer => Matches(facts.Name, layer)), rank, scaling * (IsRankStabilized ? Math.Sqrt(rank) : rank));
    }

    // PEFT names modules as they are in memory; some have other names in the checkpoint (ADAPTERS.md, oddity 1).
    private bool Matches(string reference, AdaptableLayer layer)
    {
        var map = Fixture.PathTo("bases", Base(Name), "module_names.json");
        var name = File.Exists(map) && Fixture.Json("bases", Base(Name), "module_names.json").TryGetProperty(reference, out var mapped) ? mapped.GetString()! : reference;
        return name == layer.Name || name.EndsWith("." + layer.Name, StringComparison.Ordinal);
    }
}
