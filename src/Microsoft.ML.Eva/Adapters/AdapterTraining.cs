using Microsoft.ML.Eva.Backbones;

namespace Microsoft.ML.Eva.Adapters;

/// <summary>Finds what a method does during training.</summary>
internal static class AdapterTraining
{
    /// <summary>The method's part in a training of <paramref name="totalSteps"/> optimizer steps; null if it has none.</summary>
    public static IAdapterTraining? Create(Network network, AdapterOptions options, int totalSteps) =>
        options is AdaLoraOptions adaLora ? new AdaLoraTraining([.. network.Adapters.OfType<AdaLoraAdapter>()], adaLora, totalSteps) : null;
}
