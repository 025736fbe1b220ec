using Microsoft.ML.Eva.Adapters;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Training;

/// <summary>Everything that changes while a network is trained. Disposing gives the weights back to the network as they are.</summary>
internal sealed class TrainingRun : IDisposable
{
    private Tensor? _bestWeights;

    /// <summary>A run before its first step.</summary>
    public TrainingRun(IReadOnlyList<ParameterGroup> groups, TrainingPlan plan, IAdapterTraining? adapterTraining)
    {
        Parameters = new FlatParameters(groups);
        var device = Parameters.Values.device;
        Optimizer = new AdamW(Parameters, plan.AdamW);
        Dropout = new Generator(unchecked((ulong)plan.Seed), device);
        Log = new StepLog(device);
        AdapterTraining = adapterTraining;
    }

    /// <summary>The trained weights and their gradients.</summary>
    public FlatParameters Parameters { get; }

    /// <summary>The optimiser and its moments.</summary>
    public AdamW Optimizer { get; }

    /// <summary>Where dropout is drawn from.</summary>
    public Generator Dropout { get; }

    /// <summary>Losses and gradient norms so far.</summary>
    public StepLog Log { get; }

    /// <summary>The adaptation method's own part in training, or null.</summary>
    public IAdapterTraining? AdapterTraining { get; }

    /// <summary>The epochs completed.</summary>
    public List<EpochResult> Epochs { get; } = [];

    /// <summary>Steps made in the epoch under way.</summary>
    public int StepInEpoch { get; set; }

    /// <summary>The best epoch so far; null without validation.</summary>
    public EpochResult? Best { get; private set; }

    /// <summary>The weights as the best epoch left them; null without validation.</summary>
    public Tensor? BestWeights => _bestWeights;

    /// <summary>Ends an epoch; if it was <paramref name="isBest"/>, its weights are kept.</summary>
    public void CompleteEpoch(EpochResult epoch, bool isBest)
    {
        Epochs.Add(epoch);
        StepInEpoch = 0;
        if (!isBest)
            return;
        Best = epoch;
        using var _ = no_grad();
        if (_bestWeights is null)
            _bestWeights = Parameters.Values.clone().DetachFromDisposeScope();
        else
            _bestWeights.copy_(Parameters.Values);
    }

    /// <summary>Takes over the best epoch of an earlier run, with a tensor that this run then owns.</summary>
    public void RestoreBest(EpochResult best, Tensor weights) => (Best, _bestWeights) = (best, weights.DetachFromDisposeScope());

    /// <summary>Goes back to the best epoch's weights, if there is one.</summary>
    public void ReturnToBest()
    {
        using var _ = no_grad();
        if (_bestWeights is not null)
            Parameters.Values.copy_(_bestWeights);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _bestWeights?.Dispose();
        Optimizer.Dispose();
        Log.Dispose();
        Dropout.Dispose();
        Parameters.Dispose();
    }
}
