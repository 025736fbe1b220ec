using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Persistence.Peft;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Persistence;

/// <summary>
/// An adapter as it stood at one moment, to be written as a PEFT folder later, when the network has been merged: the bytes of the
/// configuration, and the tensors as handles of its own on the storage that training filled. Nothing is copied, and merging puts
/// other tensors in the weights' places instead of changing these.
/// </summary>
internal sealed class AdapterSnapshot : IDisposable
{
    private readonly byte[] _config;
    private readonly Dictionary<string, Tensor> _tensors;
    private readonly Dictionary<string, Tensor>? _head;

    private AdapterSnapshot(byte[] config, Dictionary<string, Tensor> tensors, Dictionary<string, Tensor>? head) => (_config, _tensors, _head) = (config, tensors, head);

    /// <summary>The adapter of a network whose adapters are still in their seats.</summary>
    /// <param name="network">The network. It can be merged and disposed afterwards.</param>
    /// <param name="options">The method the adapters were trained by.</param>
    /// <param name="isFamilyHead">See <see cref="AdapterFolder.Write"/>.</param>
    public static AdapterSnapshot Of(Network network, AdapterOptions options, bool isFamilyHead)
    {
        if (!network.Adapters.Any())
            throw new InvalidOperationException("The network has no adapter to write; it was merged already.");
        using var scope = NewDisposeScope();
        var writer = new PeftWriter(network, options, isFamilyHead);
        return new AdapterSnapshot(writer.Config(network.Checkpoint.Name), Held(writer.Tensors()), writer.HeadTensors() is { } head ? Held(head) : null);
    }

    /// <summary>As <see cref="Of"/>; null where no folder can hold what was learned: without adapters, or with weights changed that are no part of one.</summary>
    public static AdapterSnapshot? TryOf(Network network, AdapterOptions options) =>
        network.Adapters.Any() && new PeftWriter(network, options, network.HasFamilyHead).IsComplete ? Of(network, options, network.HasFamilyHead) : null;

    /// <summary>Writes the folder; files that are there are replaced, the configuration last.</summary>
    public void Write(string folder)
    {
        Directory.CreateDirectory(folder);
        SafetensorsWriter.WriteFile(Path.Combine(folder, PeftTensors.FileName), _tensors);
        if (_head is not null)
            SafetensorsWriter.WriteFile(Path.Combine(folder, AdapterFolder.HeadFile), _head);
        else
            File.Delete(Path.Combine(folder, AdapterFolder.HeadFile)); // of an adapter that was here before
        var unfinished = Path.Combine(folder, $"{PeftConfig.FileName}.{Guid.NewGuid():n}.tmp");
        File.WriteAllBytes(unfinished, _config);
        File.Move(unfinished, Path.Combine(folder, PeftConfig.FileName), overwrite: true);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in _tensors.Values.Concat(_head?.Values ?? Enumerable.Empty<Tensor>()))
            tensor.Dispose();
    }

    private static Dictionary<string, Tensor> Held(Dictionary<string, Tensor> tensors) =>
        tensors.ToDictionary(entry => entry.Key, entry => entry.Value.detach().DetachFromDisposeScope());
}
