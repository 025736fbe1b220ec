using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Layers;

namespace Microsoft.ML.Eva.Persistence.Peft;

/// <summary>
/// Reads one folder into a network. First everything is checked and the adapters' tensors are taken, then the network is changed:
/// a broken folder leaves it as it was.
/// </summary>
internal abstract class PeftReader(PeftConfig config, PeftTensors tensors)
{
    // Keys whose values other than null, false or empty change what the adapter computes, in ways that are not known here.
    private static readonly string[] UnsupportedKeys =
    [
        "alora_invocation_tokens", "arrow_config", "kasa_config", "layer_replication", "megatron_config", "monteclora_config",
        "target_parameters", "trainable_token_indices", "use_bdlora", "use_qalora", "velora_config",
    ];

    /// <summary>The configuration.</summary>
    protected PeftConfig Config { get; } = config;

    /// <summary>The tensors.</summary>
    protected PeftTensors Tensors { get; } = tensors;

    /// <summary>The keys of this method's configuration.</summary>
    protected abstract IReadOnlyList<string> KnownKeys { get; }

    /// <summary>Takes a module's tensors and returns what makes its adapter.</summary>
    /// <param name="layer">The module as a layer.</param>
    /// <param name="fileName">The module's name in the file.</param>
    /// <param name="fileNames">All names it may have, for patterns.</param>
    protected abstract Func<LayerAdapter> Read(AdaptableLayer layer, string fileName, IReadOnlyList<string> fileNames);

    /// <summary>What was read, as options.</summary>
    protected abstract AdapterOptions ToOptions(IReadOnlyList<LayerAdapter> adapters);

    /// <summary>Takes tensors that belong to all modules together.</summary>
    protected virtual void ReadShared(PeftTargets targets)
    {
    }

    /// <summary>Reads the folder into <paramref name="network"/>, whose seats must be empty.</summary>
    public (AdapterOptions Options, IReadOnlyList<LayerAdapter> Adapters) ReadInto(Network network)
    {
        RefuseUnknownKeys();
        var modules = new PeftModules(network);
        var targets = new PeftTargets(Config, modules);
        ReadShared(targets);
        var making = new List<(PeftModule Module, Func<LayerAdapter> Make)>();
        foreach (var module in targets.Adapted)
        {
            // A module without a seat is changed for good: an embedding is a transposed linear layer over one-hot vectors.
            var isEmbedding = FileName(module, modules) is var name && Tensors.Has($"{name}.lora_embedding_A");
            var layer = module.Layer ?? new AdaptableLinear(module.Weight, module.Bias, isTransposed: isEmbedding);
            making.Add((module, Read(layer, name, [.. modules.FileNames(module.Name)])));
        }
        var wholes = new PeftWholeTensors(Config, Tensors, modules, targets).Take();
        if (Tensors.Left.FirstOrDefault() is { } left)
            throw new InvalidDataException($"{Tensors.Source} has '{left}'{(Tensors.Left.Skip(1).Any() ? $" and {Tensors.Left.Count() - 1} more tensors" : "")} for which the configuration and this network have no place.");
        foreach (var (weight, tensor) in wholes)
            weight.Replace(tensor.to(weight.Value.dtype, weight.Value.device, copy: true));
        var adapters = Seat(making);
        var options = ToOptions(adapters);
        options.TargetLayers = [.. adapters.Select(adapter => adapter.Layer.Name)];
        options.Biases = Config.Text("bias") switch { "all" => BiasTraining.All, "lora_only" or "boft_only" or "vera_only" => BiasTraining.AdaptedLayers, _ => BiasTraining.None };
        var trained = targets.Saved.Where(weight => !modules.HeadModules.Contains(weight[..weight.LastIndexOf('.')])).Select(weight => weight[..weight.LastIndexOf('.')]).Distinct().ToList();
        options.TrainedModules = trained.Count > 0 ? trained : null;
        return (options, adapters);
    }

    private static List<LayerAdapter> Seat(List<(PeftModule Module, Func<LayerAdapter> Make)> making)
    {
        var adapters = new List<LayerAdapter>();
        foreach (var (module, make) in making)
        {
            var adapter = make();
            if (module.Layer is { } seat)
            {
                seat.Adapter = adapter;
                adapters.Add(adapter);
                continue;
            }
            using (adapter)
            {
                var (weight, bias) = adapter.Merge();
                module.Weight.Replace(weight);
                if (bias is not null)
                    module.Bias!.Replace(bias);
            }
        }
        return adapters;
    }

    private string FileName(PeftModule module, PeftModules modules)
    {
        var names = modules.FileNames(module.Name).ToList();
        // The name that the file's tensors have; where there are none, the one that PEFT would give them.
        return names.FirstOrDefault(name => Tensors.Left.Any(tensor => tensor.StartsWith($"{PeftTensors.Prefix}{name}.", StringComparison.Ordinal)), names[^1]);
    }

    private void RefuseUnknownKeys()
    {
        foreach (var key in UnsupportedKeys.Where(Config.IsSet))
            throw Config.Fault(key, $"is {Config.Show(key)}, which changes the adapter in a way that is not supported");
        // PEFT drops keys it does not know; one that is switched on may change what the numbers mean, so it is not dropped here.
        if (Config.Keys.Except(KnownKeys).FirstOrDefault(Config.IsSet) is { } unknown)
            throw Config.Fault(unknown, $"is no known key of {Config.Text("peft_type")}, and its value {Config.Show(unknown)} may change what the adapter computes");
    }
}
