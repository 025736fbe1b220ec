using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Adapters;

/// <summary>An adaptation method that takes part in training with more than its gradients (AdaLoRA).</summary>
internal interface ITrainingHook
{
    /// <summary>What still belongs to the method's state beside its adapters' weights, by name, for saving a run. Owned by the method.</summary>
    IReadOnlyDictionary<string, Tensor> State { get; }

    /// <summary>What is added to every loss: a scalar with gradient. A fresh tensor.</summary>
    Tensor Penalty();

    /// <summary>Called after the optimiser's step number <paramref name="step"/>, counted from 0, while the clipped gradients are still there.</summary>
    void AfterStep(int step);
}
