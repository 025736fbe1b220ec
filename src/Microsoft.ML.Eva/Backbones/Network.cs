using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Data;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones;

/// <summary>
/// A backbone with its head: what is trained, scored and saved. Owns what differs from the shared checkpoint – the head, merged
/// or trained weights and adapters – and holds one reference to the checkpoint itself.
/// </summary>
internal sealed class Network(CheckpointContent checkpoint, Backbone backbone, Head head) : IDisposable
{
    /// <summary>The pretrained content the backbone's frozen weights come from; this network holds one reference to it.</summary>
    public CheckpointContent Checkpoint { get; } = checkpoint;

    /// <summary>The pretrained part.</summary>
    public Backbone Backbone { get; } = backbone;

    /// <summary>The part trained from the start.</summary>
    public Head Head { get; } = head;

    /// <summary>Whether the head is the family's own, as transformers has it for classification or for writing texts.</summary>
    public bool HasFamilyHead { get; init; }

    /// <summary>Number of outputs: the last of the head's parameters, the last layer's bias or weight, has so many rows.</summary>
    public long OutputCount => Head.Weights[^1].Value.shape[0];

    /// <summary>Every parameter of backbone and head; adapters keep their own.</summary>
    public IEnumerable<Weight> Weights => Backbone.Weights.Concat(Head.Weights);

    /// <summary>All that the network computes with, by name, such as weights and running statistics. What adapters in their seats learned is merged into tensors of the caller's dispose scope.</summary>
    public Dictionary<string, Tensor> AllTensors()
    {
        var tensors = Weights.Concat(Backbone.Constants).ToDictionary(weight => weight.Name, weight => weight.Value);
        foreach (var adapter in Adapters)
        {
            var (weight, bias) = adapter.Merge();
            tensors[adapter.Layer.Weight.Name] = weight;
            if (bias is not null && adapter.Layer.Bias is { } own)
                tensors[own.Name] = bias;
        }
        return tensors;
    }

    /// <summary>The adapters in their seats, in the layers' order.</summary>
    public IEnumerable<LayerAdapter> Adapters => Backbone.AdaptableLayers.Select(layer => layer.Adapter).OfType<LayerAdapter>();

    /// <summary>[batch, outputs]: logits, or one number. A fresh tensor.</summary>
    public Tensor Forward(Batch batch, ForwardMode mode)
    {
        using var hidden = Backbone.Forward(batch, mode);
        return Head.Forward(hidden, batch, mode);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var layer in Backbone.AdaptableLayers)
        {
            layer.Adapter?.Dispose();
            layer.Adapter = null;
        }
        foreach (var weight in Weights)
            weight.Dispose();
        Checkpoint.Release();
    }
}
