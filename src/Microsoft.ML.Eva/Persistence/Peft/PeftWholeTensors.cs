using Microsoft.ML.Eva.Backbones;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Persistence.Peft;

/// <summary>The tensors that a folder holds whole beside its adapters: saved modules, trained biases.</summary>
internal sealed class PeftWholeTensors(PeftConfig config, PeftTensors tensors, PeftModules modules, PeftTargets targets)
{
    private const string BaseLayer = ".base_layer.";

    /// <summary>Takes them, and checks that none is missing.</summary>
    /// <exception cref="InvalidDataException">One is missing, or of another shape.</exception>
    public List<(Weight Weight, Tensor Tensor)> Take()
    {
        var wanted = Wanted();
        var taken = new List<(Weight, Tensor)>();
        var found = new HashSet<string>();
        foreach (var fullName in tensors.Left.Where(name => name.StartsWith(PeftTensors.Prefix, StringComparison.Ordinal)).ToList())
        {
            var name = fullName[PeftTensors.Prefix.Length..];
            // A targeted embedding's own weight is written beside its factors; it is the base's.
            if (modules.FindWeight(name.Replace(BaseLayer, ".", StringComparison.Ordinal)) is not { } weight || !wanted.Contains(weight.Name))
                continue;
            taken.Add((weight, tensors.Take(name, "is the shape of the network's own", weight.Value.shape)));
            found.Add(weight.Name);
        }
        if (wanted.Except(found).Order(StringComparer.Ordinal).FirstOrDefault() is { } missing)
            throw new InvalidDataException($"{tensors.Source} lacks '{PeftTensors.Prefix}{modules.FileNames(missing[..missing.LastIndexOf('.')]).First()}{missing[missing.LastIndexOf('.')..]}', which {Reason(missing)} asks for.");
        return taken;
    }

    private string Reason(string weight) => targets.Saved.Contains(weight) ? $"modules_to_save ({string.Join(", ", targets.SavedNames)})" : $"bias \"{config.Text("bias")}\"";

    private HashSet<string> Wanted()
    {
        var wanted = new HashSet<string>(targets.Saved);
        switch (config.Text("bias"))
        {
            case null or "none":
                break;
            case "all":
                wanted.UnionWith(modules.Weights.Select(weight => weight.Name).Where(name => name.EndsWith(".bias", StringComparison.Ordinal)));
                break;
            case "lora_only" or "boft_only" or "vera_only":
                wanted.UnionWith(targets.Adapted.Select(module => module.Bias?.Name).OfType<string>());
                break;
            default:
                throw config.Fault("bias", $"is {config.Show("bias")}; known are \"none\", \"all\" and \"lora_only\"");
        }
        return wanted;
    }
}
