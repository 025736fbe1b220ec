using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Eva;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Benchmarks;

/// <summary>The principal components of what each layer receives over all rows: what a warm-up over some mini-batches is to be compared with.</summary>
internal sealed class FullPca : IDisposable
{
    private readonly Dictionary<string, Tensor> _components = [];

    private FullPca()
    {
    }

    /// <summary>One pass over all rows, then one accurate decomposition per layer.</summary>
    public static FullPca Compute(Network network, TextBatchSource rows, int count)
    {
        using var none = no_grad();
        var plan = AdapterPlan.Create(new LoraOptions(), network.Backbone.AdaptableLayers);
        using var first = rows.Load([0]);
        var owners = SharedInputs.Find(network.Backbone, plan, first, batch => batch.Mask?.ne(0), shares: true).Owners;
        var layers = owners.Distinct().Order().Select(owner => plan.Layers[owner].Layer).ToList();
        var (solvers, stores) = (new SubspaceSolver[layers.Count], new RowStore[layers.Count]);
        foreach (var batch in rows.EvaluationBatches(32))
        {
            using var scope = NewDisposeScope();
            using (batch)
            using (var selection = new TokenSelection(batch.Mask))
            using (new ActivationCapture(layers, (place, x) => Add(place, selection.Rows(x)!)))
                network.Backbone.Forward(batch, ForwardMode.Evaluation).Dispose();
        }
        var result = new FullPca();
        for (var i = 0; i < layers.Count; i++)
            using (stores[i])
            using (solvers[i])
            {
                using var scope = NewDisposeScope();
                result._components[layers[i].Name] = solvers[i].Solve(stores[i]).Vectors.t().to(float32).DetachFromDisposeScope();
            }
        foreach (var (layer, owner) in plan.Layers.Zip(owners))
            result._components.TryAdd(layer.Layer.Name, result._components[plan.Layers[owner].Layer.Name]);
        return result;

        void Add(int place, Tensor x)
        {
            solvers[place] ??= new SubspaceSolver(count, x.shape[1], seed: 1);
            stores[place] ??= new RowStore(x, isCentered: true, solvers[place].Width, solvers[place].IsDirect);
            stores[place].Add(x);
        }
    }

    /// <summary>Which part of the directions in use lies in the span of as many components of all rows: 1 where they agree.</summary>
    public double Agreement(EvaResult result) => result.Components.Average(layer =>
    {
        using var scope = NewDisposeScope();
        var rank = layer.Value.shape[0];
        return layer.Value.matmul(_components[layer.Key.Name].narrow(0, 0, rank).t()).square().sum().item<float>() / rank;
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in _components.Values.Distinct(ReferenceEqualityComparer.Instance).Cast<Tensor>())
            tensor.Dispose();
    }
}
