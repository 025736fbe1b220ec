using System.Diagnostics;
using Microsoft.ML.Eva.MLNet.Targets;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Fitting;

/// <summary>Where a fit takes place and what for: known before a row is read.</summary>
/// <param name="Device">Where networks compute.</param>
/// <param name="Seed">What everything random follows from.</param>
/// <param name="Outputs">What is learned.</param>
internal sealed record FitPlace(Device Device, int Seed, OutputColumns Outputs)
{
    /// <summary>Runs since the fit began.</summary>
    public Stopwatch Clock { get; } = Stopwatch.StartNew();

    /// <summary>Where a network's first weights are drawn from: head, then adapters. The caller disposes it.</summary>
    public Generator CreateInitialization() => new(unchecked((ulong)Seed), Device);
}
