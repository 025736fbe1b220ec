using Microsoft.ML.Eva.Backbones.Layers;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Backbones;

/// <summary>
/// Gives a network under construction its parameters by name and keeps account: after the last one,
/// <see cref="ThrowIfFaulty"/> reports all missing and misshaped tensors at once.
/// </summary>
internal sealed class WeightBinder
{
    private readonly IReadOnlyDictionary<string, Tensor> _tensors;
    private readonly string _prefix;
    private readonly Account _account;

    /// <summary>Binds to <paramref name="tensors"/>, which keep their owner and must outlive every model made from them.</summary>
    /// <param name="tensors">The checkpoint's tensors.</param>
    /// <param name="filePrefix">What the names began with in the file: messages show names as the file has them.</param>
    public WeightBinder(IReadOnlyDictionary<string, Tensor> tensors, string filePrefix = "") : this(tensors, "", new Account(filePrefix))
    {
    }

    private WeightBinder(IReadOnlyDictionary<string, Tensor> tensors, string prefix, Account account) =>
        (_tensors, _prefix, _account) = (tensors, prefix, account);

    /// <summary>Every weight bound so far, in order, over all scopes.</summary>
    public IReadOnlyList<Weight> Bound => _account.Bound;

    /// <summary>Every adaptable layer made so far, in order, over all scopes.</summary>
    public IReadOnlyList<AdaptableLayer> AdaptableLayers => _account.Layers;

    /// <summary>Names in the checkpoint that nobody asked for.</summary>
    public IEnumerable<string> Surplus => _tensors.Keys.Except(_account.Asked).Order(StringComparer.Ordinal);

    /// <summary>A binder whose names begin with <paramref name="prefix"/> and a dot.</summary>
    public WeightBinder Scope(string prefix) => new(_tensors, $"{_prefix}{prefix}.", _account);

    /// <summary>Whether the checkpoint has a tensor of that name in this scope.</summary>
    public bool Has(string name) => _tensors.ContainsKey(_prefix + name);

    /// <summary>The shape of the tensor of that name in this scope, or null if there is none.</summary>
    public long[]? ShapeOf(string name) => _tensors.TryGetValue(_prefix + name, out var tensor) ? tensor.shape : null;

    /// <summary>The parameter of that name, which must have this shape.</summary>
    public Weight Bind(string name, params long[] shape)
    {
        var weight = Constant(name, shape);
        _account.Bound.Add(weight);
        return weight;
    }

    /// <summary>A tensor of that name and shape that is never trained, such as a running statistic; not among <see cref="Bound"/>.</summary>
    public Weight Constant(string name, params long[] shape)
    {
        var fullName = _prefix + name;
        _account.Asked.Add(fullName);
        if (!_tensors.TryGetValue(fullName, out var tensor))
            _account.Missing.Add($"{_account.FilePrefix}{fullName} [{string.Join(", ", shape)}]");
        else if (!tensor.shape.AsSpan().SequenceEqual(shape))
            _account.Misshaped.Add($"{_account.FilePrefix}{fullName} is [{string.Join(", ", tensor.shape)}], config.json asks for [{string.Join(", ", shape)}]");
        return Weight.Shared(fullName, tensor!); // a missing one is never used: ThrowIfFaulty ends the construction
    }

    /// <summary>A linear layer [out, in] with a seat for an adapter.</summary>
    public AdaptableLinear Linear(string name, long inFeatures, long outFeatures, bool hasBias = true)
    {
        var layer = new AdaptableLinear(Bind($"{name}.weight", outFeatures, inFeatures), hasBias ? Bind($"{name}.bias", outFeatures) : null);
        _account.Layers.Add(layer);
        return layer;
    }

    /// <summary>A linear layer whose weight is kept as [in, out] (GPT-2's Conv1D), with a seat for an adapter.</summary>
    public AdaptableLinear TransposedLinear(string name, long inFeatures, long outFeatures)
    {
        var layer = new AdaptableLinear(Bind($"{name}.weight", inFeatures, outFeatures), Bind($"{name}.bias", outFeatures), isTransposed: true);
        _account.Layers.Add(layer);
        return layer;
    }

    /// <summary>A convolution with square kernels [out, in/groups, kernel, kernel], with a seat for an adapter.</summary>
    public AdaptableConv2d Conv2d(string name, long inChannels, long outChannels, long kernel, ConvolutionSteps steps, bool hasBias = false, bool isAdaptedByDefault = true)
    {
        var weight = Bind($"{name}.weight", outChannels, inChannels / steps.Groups, kernel, kernel);
        var layer = new AdaptableConv2d(weight, hasBias ? Bind($"{name}.bias", outChannels) : null, steps) { IsAdaptedByDefault = isAdaptedByDefault };
        _account.Layers.Add(layer);
        return layer;
    }

    /// <summary>A batch normalisation; its running statistics are constants, not parameters.</summary>
    public BatchNorm2d BatchNorm2d(string name, long channels, double epsilon) => new(
        Bind($"{name}.weight", channels), Bind($"{name}.bias", channels),
        Constant($"{name}.running_mean", channels), Constant($"{name}.running_var", channels), epsilon);

    /// <summary>A layer normalisation over <paramref name="size"/> features.</summary>
    public LayerNorm LayerNorm(string name, long size, double epsilon, bool hasBias = true) =>
        new(Bind($"{name}.weight", size), hasBias ? Bind($"{name}.bias", size) : null, epsilon);

    /// <summary>A table of <paramref name="count"/> vectors.</summary>
    public Embedding Embedding(string name, long count, long width) => new(Bind($"{name}.weight", count, width));

    /// <summary>Ends the construction: throws if any tensor was missing or had another shape, naming all of them.</summary>
    /// <exception cref="InvalidDataException">With every fault.</exception>
    public void ThrowIfFaulty(string source)
    {
        if (_account.Missing.Count + _account.Misshaped.Count == 0)
            return;
        List<string> parts = [];
        if (_account.Missing.Count > 0)
            parts.Add($"{_account.Missing.Count} missing: {string.Join(", ", _account.Missing)}");
        if (_account.Misshaped.Count > 0)
            parts.Add($"{_account.Misshaped.Count} of another shape: {string.Join("; ", _account.Misshaped)}");
        var surplus = Surplus.ToList();
        if (surplus.Count > 0)
            parts.Add($"{surplus.Count} not used: {string.Join(", ", surplus.Take(20))}{(surplus.Count > 20 ? ", …" : "")}");
        throw new InvalidDataException($"The tensors of {source} do not fit its config.json. {string.Join(". ", parts)}.");
    }

    private sealed class Account(string filePrefix)
    {
        public string FilePrefix { get; } = filePrefix;
        public List<Weight> Bound { get; } = [];
        public List<AdaptableLayer> Layers { get; } = [];
        public HashSet<string> Asked { get; } = [];
        public List<string> Missing { get; } = [];
        public List<string> Misshaped { get; } = [];
    }
}
