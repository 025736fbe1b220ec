namespace Microsoft.ML.Eva;

/// <summary>Which of the pretrained network's biases are trained beside its adapters.</summary>
public enum BiasTraining
{
    /// <summary>None. The network with its adapters taken out is the pretrained one.</summary>
    None,

    /// <summary>Those of the layers that have an adapter (PEFT: <c>lora_only</c>, <c>boft_only</c>).</summary>
    AdaptedLayers,

    /// <summary>Every bias of the network, normalisation layers included.</summary>
    All,
}
