using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones;

/// <summary>
/// One named parameter of a network, head or adapter. A pretrained one starts as a frozen tensor that many models share and
/// becomes the model's own when it is trained or merged (copy on write); a new one is the model's own from the start.
/// </summary>
internal sealed class Weight : IDisposable
{
    private readonly Tensor? _shared;
    private readonly Lock _rounding = new();
    private Tensor? _own;
    private Tensor? _rounded;

    private Weight(string name, Tensor? shared, Tensor? own) => (Name, _shared, _own) = (name, shared, own);

    /// <summary>A parameter that starts as <paramref name="tensor"/>, which stays its owner's.</summary>
    public static Weight Shared(string name, Tensor tensor) => new(name, tensor, null);

    /// <summary>A parameter that takes ownership of <paramref name="tensor"/>.</summary>
    public static Weight Owned(string name, Tensor tensor) => new(name, null, tensor.DetachFromDisposeScope());

    /// <summary>The full name the parameter has in its checkpoint or adapter file.</summary>
    public string Name { get; }

    /// <summary>The tensor to compute with. Belongs to this object or to the shared checkpoint: never dispose it.</summary>
    public Tensor Value => _own ?? _shared!;

    /// <summary>Whether this model has a tensor of its own instead of the shared one.</summary>
    public bool IsOwned => _own is not null;

    /// <summary>Whether the parameter takes part in training.</summary>
    public bool IsTrainable => Value.requires_grad;

    /// <summary>Whether a copy in 16 bits is kept.</summary>
    public bool IsRounded => _rounded is not null;

    /// <summary>
    /// The value in 16 bits to compute with: kept from the first call on, at half the value's size, or while the parameter is trained a
    /// fresh tensor of the caller's dispose scope, through which gradients flow. Never dispose it. Safe for many threads.
    /// </summary>
    public Tensor InBFloat16()
    {
        if (IsTrainable)
            return Value.to(bfloat16);
        lock (_rounding)
        {
            if (_rounded is null)
            {
                using var scope = NewDisposeScope();
                using var usableInTraining = inference_mode(false);
                using var frozen = no_grad();
                _rounded = Value.to(bfloat16, copy: true).DetachFromDisposeScope();
            }
            return _rounded;
        }
    }

    /// <summary>Takes ownership of <paramref name="value"/>, which must have the same shape; a shared tensor stays as it was.</summary>
    public void Replace(Tensor value)
    {
        if (!value.shape.AsSpan().SequenceEqual(Value.shape))
            throw new ArgumentException($"'{Name}' has shape [{string.Join(", ", Value.shape)}], not [{string.Join(", ", value.shape)}].", nameof(value));
        var kept = value.DetachFromDisposeScope();
        _own?.Dispose();
        _own = kept;
        ForgetRounded();
    }

    /// <summary>Gives the model a trainable copy of its own.</summary>
    public void MakeTrainable()
    {
        ForgetRounded();
        if (IsOwned)
            _own!.requires_grad_(true);
        else
            Replace(_shared!.clone().requires_grad_(true));
    }

    /// <summary>Ends training: no gradient flows into the value any more, and no copy in 16 bits is kept.</summary>
    public void Freeze()
    {
        ForgetRounded();
        if (IsTrainable)
            Value.requires_grad_(false);
    }

    /// <summary>Disposes the model's own tensor; a shared one is left to its owner.</summary>
    public void Dispose()
    {
        _own?.Dispose();
        _own = null;
        ForgetRounded();
    }

    private void ForgetRounded()
    {
        lock (_rounding)
        {
            _rounded?.Dispose();
            _rounded = null;
        }
    }
}
