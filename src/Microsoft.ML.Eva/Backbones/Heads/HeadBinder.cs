using Microsoft.ML.Eva.Backbones.Layers;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones.Heads;

/// <summary>
/// Gives a head under construction its parameters: pretrained ones from the checkpoint, new ones drawn from a normal
/// distribution – or taken over from a fine-tuned checkpoint where that is wanted and the shapes agree.
/// </summary>
internal sealed class HeadBinder(WeightBinder binder, int outputs, Generator? initialization, double deviation, Device device, bool takeOver)
{
    private readonly List<Weight> _bound = [];

    /// <summary>Number of outputs: classes, or 1 for a number.</summary>
    public int Outputs { get; } = outputs;

    /// <summary>Every parameter bound so far, in order.</summary>
    public IReadOnlyList<Weight> Bound => _bound;

    /// <summary>Whether the checkpoint has a tensor of that name.</summary>
    public bool Has(string name) => binder.Has(name);

    /// <summary>A pretrained layer, which the checkpoint must have.</summary>
    public Linear Pretrained(string name, long inFeatures, long outFeatures, bool hasBias = true)
    {
        var weight = binder.Bind($"{name}.weight", outFeatures, inFeatures);
        var bias = hasBias ? binder.Bind($"{name}.bias", outFeatures) : null;
        return Add(weight, bias);
    }

    /// <summary>A new layer: weight normal, bias zero; or the checkpoint's, if heads are taken over and its shape agrees.</summary>
    public Linear New(string name, long inFeatures, long outFeatures, bool hasBias = true)
    {
        var isThere = HasShape($"{name}.weight", outFeatures, inFeatures) && (!hasBias || HasShape($"{name}.bias", outFeatures));
        if (takeOver && isThere)
            return Pretrained(name, inFeatures, outFeatures, hasBias);
        if (initialization is null)
            throw new InvalidDataException($"The head's '{name}.weight' [{outFeatures}, {inFeatures}] is missing or of another shape.");
        using var scope = NewDisposeScope();
        // Drawn where the generator lives, so that the same seed gives the same head on every device.
        using var drawn = empty([outFeatures, inFeatures], float32, initialization.device).normal_(0, deviation, initialization);
        var weight = Weight.Owned($"{name}.weight", drawn.to(device, copy: true));
        return Add(weight, hasBias ? Weight.Owned($"{name}.bias", zeros(outFeatures, float32, device)) : null);
    }

    /// <summary>A normalisation: the checkpoint's where it has one, else a new one, which changes nothing but scale.</summary>
    public LayerNorm Norm(string name, long size, double epsilon, bool hasBias)
    {
        var isThere = Has($"{name}.weight");
        var weight = isThere ? binder.Bind($"{name}.weight", size) : Weight.Owned($"{name}.weight", ones(size, float32, device));
        var bias = !hasBias ? null : isThere ? binder.Bind($"{name}.bias", size) : Weight.Owned($"{name}.bias", zeros(size, float32, device));
        Track(weight, bias);
        return new LayerNorm(weight, bias, epsilon);
    }

    /// <summary>The last layer, from <paramref name="inFeatures"/> to the outputs.</summary>
    public Linear Classifier(string name, long inFeatures, bool hasBias = true) => New(name, inFeatures, Outputs, hasBias);

    private Linear Add(Weight weight, Weight? bias)
    {
        Track(weight, bias);
        return new Linear(weight, bias);
    }

    private void Track(Weight weight, Weight? bias)
    {
        _bound.Add(weight);
        if (bias is not null)
            _bound.Add(bias);
    }

    private bool HasShape(string name, params long[] shape) => binder.ShapeOf(name) is { } found && found.AsSpan().SequenceEqual(shape);
}
