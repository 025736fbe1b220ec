using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Adapters;

/// <summary>What a method does during training beside the gradient steps of its weights.</summary>
/// <remarks>One step: loss plus <see cref="Penalty"/>, backward, clipping, optimizer step, <see cref="AfterStep"/>, gradients to zero.</remarks>
internal interface IAdapterTraining : IDisposable
{
    /// <summary>A term to add to the loss; a fresh tensor with gradient, or null for none.</summary>
    Tensor? Penalty();

    /// <summary>Called after the optimizer's step number <paramref name="step"/>, counted from 0, while the gradients are still there.</summary>
    void AfterStep(int step);

    /// <summary>What the method remembers from step to step beside its weights, for saving a run. Fresh tensors.</summary>
    Dictionary<string, Tensor> Save();

    /// <summary>Takes up what <see cref="Save"/> gave; the tensors stay the caller's.</summary>
    /// <exception cref="InvalidDataException">A tensor is missing or has another shape.</exception>
    void Restore(IReadOnlyDictionary<string, Tensor> state);
}
