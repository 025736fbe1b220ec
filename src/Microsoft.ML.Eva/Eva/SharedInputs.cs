using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Backbones.Layers;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Eva;

/// <summary>
/// Finds the layers with equal inputs: those given one and the same tensor, or tensors with the same bytes, and, if they are
/// convolutions, looking at it through equal windows. One row through the network is enough, since what feeds a layer is a
/// matter of architecture.
/// </summary>
internal sealed class SharedInputs
{
    private readonly AdapterPlan _plan;
    private readonly Dictionary<(long, long, ConvolutionSteps?), Dictionary<Tensor, int>> _ownersOfTensors = [];
    private readonly Dictionary<(double Sum, string Shape, (long, long, ConvolutionSteps?) Form), int> _ownerOfContent = [];
    private readonly int[] _owners;
    private readonly int[] _calls;
    private readonly bool[] _belongToTokens;
    private readonly bool _shares;

    private SharedInputs(AdapterPlan plan, bool shares)
    {
        (_plan, _shares) = (plan, shares);
        (_owners, _calls, _belongToTokens) = ([.. Enumerable.Repeat(-1, plan.Layers.Count)], new int[plan.Layers.Count], new bool[plan.Layers.Count]);
    }

    /// <summary>For each planned layer the place of the first layer with the same input, its own if there is none.</summary>
    public IReadOnlyList<int> Owners => _owners;

    /// <summary>How often each planned layer computes in one forward pass.</summary>
    public IReadOnlyList<int> Calls => _calls;

    /// <summary>Whether each planned layer ever sees rows that belong to the batch's tokens or rows.</summary>
    public IReadOnlyList<bool> BelongToTokens => _belongToTokens;

    /// <summary>Runs one row of <paramref name="batch"/> through the network. Without <paramref name="shares"/> every layer is its own owner.</summary>
    public static SharedInputs Find(Backbone backbone, AdapterPlan plan, Batch batch, Func<Batch, Tensor?> mask, bool shares)
    {
        using var scope = NewDisposeScope();
        var found = new SharedInputs(plan, shares);
        using var row = FirstRow(batch);
        using var selection = new TokenSelection(mask(row));
        using (new ActivationCapture([.. plan.Layers.Select(planned => planned.Layer)], (place, x) => found.Note(place, x, selection)))
            backbone.Forward(row, ForwardMode.Evaluation);
        var idle = plan.Layers.Where((_, place) => found._calls[place] == 0).Select(planned => planned.Layer.Name).ToList();
        return idle.Count == 0 ? found : throw new ArgumentException($"Layers that take no part in a forward pass cannot be analysed: {string.Join(", ", idle)}.", nameof(plan));
    }

    private void Note(int place, Tensor x, TokenSelection selection)
    {
        _calls[place]++;
        using var rows = selection.Rows(x);
        _belongToTokens[place] |= rows is not null;
        if (_owners[place] >= 0)
            return; // the first call decides
        if (!_shares)
        {
            _owners[place] = place;
            return;
        }
        var ownersOfTensors = OwnersOfTensors(LayerInput.Form(_plan.Layers[place].Layer));
        if (ownersOfTensors.TryGetValue(x, out var owner))
            _owners[place] = owner;
        else
            ownersOfTensors[x] = _owners[place] = OwnerOfContent(rows ?? x, place); // what lies under the padding says nothing
    }

    private Dictionary<Tensor, int> OwnersOfTensors((long, long, ConvolutionSteps?) form)
    {
        if (!_ownersOfTensors.TryGetValue(form, out var owners))
            _ownersOfTensors[form] = owners = new(ReferenceEqualityComparer.Instance);
        return owners;
    }

    private int OwnerOfContent(Tensor x, int place)
    {
        if (Fingerprint(x) is not { } sum)
            return place;
        var content = (sum, string.Join(",", x.shape), LayerInput.Form(_plan.Layers[place].Layer));
        return _ownerOfContent.TryAdd(content, place) ? place : _ownerOfContent[content];
    }

    // A weighted sum of the entries: the same for equal tensors, different for any two others that matter here. Null for a
    // constant or for what is not finite, which says nothing about where it comes from.
    private static double? Fingerprint(Tensor x)
    {
        using var scope = NewDisposeScope();
        var values = x.detach().to(float64).flatten();
        if ((values == values[0]).all().item<bool>())
            return null;
        var weights = arange(Scalars.Of(1), Scalars.Of(values.shape[0] + 1), Scalars.One, dtype: float64, device: x.device).sin();
        var sum = values.dot(weights).item<double>();
        return double.IsFinite(sum) ? sum : null;
    }

    private static Batch FirstRow(Batch batch) => new()
    {
        Inputs = batch.Inputs.narrow(0, 0, 1),
        Mask = batch.Mask?.narrow(0, 0, 1),
        TokenTypes = batch.TokenTypes?.narrow(0, 0, 1),
        Labels = batch.Labels?.narrow(0, 0, 1),
    };
}
