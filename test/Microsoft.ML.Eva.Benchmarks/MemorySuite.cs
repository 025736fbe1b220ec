using System.Diagnostics;
using Microsoft.ML.Eva.Backbones;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Benchmarks;

/// <summary>The process's memory: with the checkpoint, with ten more networks of it, and the peak of an epoch of LoRA.</summary>
internal static class MemorySuite
{
    public static object Run(SuiteSettings settings)
    {
        ones(1).Dispose(); // libtorch is not what is measured
        var before = Resident();
        var networks = new List<Network> { MiniLmSetup.CreateNetwork() };
        var one = Resident();
        networks.AddRange(Enumerable.Range(0, 10).Select(_ => MiniLmSetup.CreateNetwork()));
        var eleven = Resident();
        var weights = networks[0].Weights.Sum(weight => weight.Value.numel() * 4);
        networks.ForEach(network => network.Dispose());
        var loaded = long.Parse(StartupSuite.RunOnSavedModel(StartupSuite.Weigh, settings), System.Globalization.CultureInfo.InvariantCulture);
        var epoch = EpochSuite.Run(settings with { Repeats = 1 });
        return new
        {
            WeightBytes = weights,
            BytesBefore = before,
            BytesOfOneNetwork = one - before,
            OneNetworkToWeights = (one - before) / (double)weights,
            BytesOfLoadedModel = loaded,
            LoadedModelToWeights = loaded / (double)weights,
            BytesOfTenMore = eleven - one,
            PeakBytesOfFit = Process.GetCurrentProcess().PeakWorkingSet64,
            Epoch = epoch,
        };
    }

    /// <summary>The process's resident bytes, without garbage.</summary>
    public static long Resident()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
