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

    /// <summary>For each output the checkpoint's output that it starts from, −1 for a new one; null where the last layer is taken over as a whole or not at all.</summary>
    public IReadOnlyList<int>? RowsOfCheckpoint { get; init; }

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
        return initialization is not null
            ? Draw(name, inFeatures, outFeatures, hasBias)
            : throw new InvalidDataException($"The head's '{name}.weight' [{outFeatures}, {inFeatures}] is missing or of another shape.");
    }

    private Linear Draw(string name, long inFeatures, long outFeatures, bool hasBias)
    {
        using var scope = NewDisposeScope();
        // Drawn where the generator lives, so that the same seed gives the same head on every device.
        using var drawn = empty([outFeatures, inFeatures], float32, initialization!.device).normal_(0, deviation, initialization);
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
    public Linear Classifier(string name, long inFeatures, bool hasBias = true) =>
        RowsOfCheckpoint is { } rows ? Continued(name, inFeatures, rows, hasBias) : New(name, inFeatures, Outputs, hasBias);

    // The rows of outputs that are there already; the others as in a new layer.
    private Linear Continued(string name, long inFeatures, IReadOnlyList<int> rows, bool hasBias)
    {
        if (binder.ShapeOf($"{name}.weight") is not [var count, var width] || width != inFeatures || rows.Any(row => row >= count) || (hasBias && !HasShape($"{name}.bias", count)))
            throw new InvalidDataException($"The head's '{name}.weight' is missing or of another shape.");
        var (oldWeight, oldBias) = (binder.Constant($"{name}.weight", count, inFeatures), hasBias ? binder.Constant($"{name}.bias", count) : null);
        var layer = Draw(name, inFeatures, Outputs, hasBias);
        using var gradient = no_grad();
        using var scope = NewDisposeScope();
        for (var output = 0; output < rows.Count; output++)
        {
            if (rows[output] < 0)
                continue;
            layer.Weight.Value[output].copy_(oldWeight.Value[rows[output]]);
            layer.Bias?.Value[output].copy_(oldBias!.Value[rows[output]]);
        }
        return layer;
    }

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
