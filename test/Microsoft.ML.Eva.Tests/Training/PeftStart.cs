using System.Text.Json;
using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Training;

/// <summary>Brings a network to the state from which a reference run starts: adapters seated, all trained tensors filled.</summary>
internal static class PeftStart
{
    private const string FilePrefix = "base_model.model.";

    /// <summary>Seats the adapters of a case, if it has any; returns the options that mean the same.</summary>
    public static AdapterOptions Seat(Network network, string caseName, double learningRateRatio)
    {
        using var generator = new Generator(1);
        var folder = Fixture.PathTo("training", caseName, "initial");
        var options = Directory.Exists(folder)
            ? Options(Fixture.Json("training", caseName, "initial", "adapter_config.json"), network, learningRateRatio)
            : new FullFineTuningOptions();
        AdapterInjector.Seat(network, AdapterPlan.Create(options, network.Backbone.AdaptableLayers), options, null, generator);
        if (File.Exists(Fixture.PathTo("training", caseName, "residual_base.safetensors")))
            foreach (var (name, tensor) in Fixture.Tensors("training", caseName, "residual_base.safetensors"))
                network.Weights.First(weight => Matches(weight, network, name)).Replace(tensor);
        if (Directory.Exists(folder))
            Fill(network, SafetensorsReader.ReadFile(Path.Combine(folder, "adapter_model.safetensors")));
        return options;
    }

    /// <summary>The tensor that a file's name means.</summary>
    public static Tensor Find(Network network, string name) => name switch
    {
        "base_model.vera_A" => network.Adapters.OfType<VeraAdapter>().First().Projection.A,
        "base_model.vera_B" => network.Adapters.OfType<VeraAdapter>().First().Projection.B,
        _ => network.Weights.Concat(network.Adapters.SelectMany(adapter => adapter.Weights)).FirstOrDefault(weight => Matches(weight, network, name))?.Value
            ?? throw new InvalidOperationException($"Nothing is called '{name}'."),
    };

    private static bool Matches(Weight weight, Network network, string name)
    {
        var bare = InMemory(name.StartsWith(FilePrefix, StringComparison.Ordinal) ? name[FilePrefix.Length..] : name);
        return bare == weight.Name || bare == network.Checkpoint.Prefix + weight.Name;
    }

    // transformers 5 has other module names in memory than in the checkpoint; ours are the checkpoint's
    private static string InMemory(string name)
    {
        foreach (var entry in Fixture.Json("bases", "dinov2", "module_names.json").EnumerateObject())
            if (name.StartsWith($"{entry.Name}.", StringComparison.Ordinal))
                return entry.Value.GetString() + name[entry.Name.Length..];
        return name;
    }

    private static void Fill(Network network, Dictionary<string, Tensor> tensors)
    {
        using var _ = no_grad();
        // PEFT trains the classifier; what lies between it and the encoder (BERT's pooler) stays frozen
        foreach (var weight in network.Head.Weights.Where(weight => weight.IsTrainable && !tensors.Keys.Any(name => Matches(weight, network, name))))
            weight.Value.requires_grad_(false);
        foreach (var (name, tensor) in tensors)
            Find(network, name).copy_(tensor);
    }

    private static AdapterOptions Options(JsonElement config, Network network, double learningRateRatio)
    {
        AdapterOptions options = config.GetProperty("peft_type").GetString() switch
        {
            "LORA" => LowRank(config, network, learningRateRatio),
            "ADALORA" => AdaLora(config),
            "BOFT" => new BoftOptions { BlockSize = config.GetProperty("boft_block_size").GetInt32(), ButterflyFactors = config.GetProperty("boft_n_butterfly_factor").GetInt32() },
            "VERA" => new VeraOptions { Rank = config.GetProperty("r").GetInt32(), InitialScale = config.GetProperty("d_initial").GetDouble() },
            var other => throw new InvalidOperationException($"Unknown method {other}."),
        };
        options.TargetLayers = [.. config.GetProperty("target_modules").EnumerateArray().Select(name => Target(name.GetString()!, network))];
        return options;
    }

    private static LowRankOptions LowRank(JsonElement config, Network network, double learningRateRatio)
    {
        LowRankOptions options = config.GetProperty("use_dora").GetBoolean() ? new DoraOptions() : new LoraOptions();
        options.Rank = config.GetProperty("r").GetInt32();
        options.Alpha = config.GetProperty("lora_alpha").GetDouble();
        options.RankPattern = config.GetProperty("rank_pattern").EnumerateObject().ToDictionary(p => Target(p.Name, network), p => p.Value.GetInt32());
        options.AlphaPattern = config.GetProperty("alpha_pattern").EnumerateObject().ToDictionary(p => Target(p.Name, network), p => p.Value.GetDouble());
        options.IsRankStabilized = config.GetProperty("use_rslora").GetBoolean();
        options.LearningRateRatio = learningRateRatio;
        options.Initialization = new RandomOptions();
        return options;
    }

    private static AdaLoraOptions AdaLora(JsonElement config)
    {
        double steps = config.GetProperty("total_step").GetInt32();
        return new AdaLoraOptions
        {
            InitialRank = config.GetProperty("init_r").GetInt32(),
            TargetRank = config.GetProperty("target_r").GetInt32(),
            Alpha = config.GetProperty("lora_alpha").GetDouble(),
            InitialFraction = config.GetProperty("tinit").GetInt32() / steps,
            FinalFraction = config.GetProperty("tfinal").GetInt32() / steps,
            PruningInterval = config.GetProperty("deltaT").GetInt32(),
            ImportanceDecay = config.GetProperty("beta1").GetDouble(),
            UncertaintyDecay = config.GetProperty("beta2").GetDouble(),
            OrthogonalityWeight = config.GetProperty("orth_reg_weight").GetDouble(),
        };
    }

    private static string Target(string name, Network network)
    {
        var prefix = network.Checkpoint.Prefix;
        var bare = prefix.Length > 0 && name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : name;
        return network.Checkpoint.ModelType == "dinov2" ? InMemoryTarget(bare) : bare;
    }

    private static string InMemoryTarget(string name) => name switch
    {
        "q_proj" => "attention.query",
        "k_proj" => "attention.key",
        "v_proj" => "attention.value",
        _ => name,
    };
}
