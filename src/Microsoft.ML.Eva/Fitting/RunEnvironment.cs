using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Fitting;

/// <summary>What a run ran on, for its report: nothing that names a person or a computer.</summary>
internal static class RunEnvironment
{
    /// <summary>Versions, system and device, in words.</summary>
    public static IReadOnlyDictionary<string, string> Describe(Device device) => new Dictionary<string, string>
    {
        ["Microsoft.ML.Eva"] = VersionOf(typeof(RunEnvironment)),
        ["Microsoft.ML"] = VersionOf(typeof(MLContext)),
        ["TorchSharp"] = VersionOf(typeof(torch)),
        ["libtorch"] = torch.__version__,
        ["Runtime"] = RuntimeInformation.FrameworkDescription,
        ["System"] = $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}",
        ["Device"] = device.ToString(),
        ["Processors"] = Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture),
        ["Threads of libtorch"] = get_num_threads().ToString(CultureInfo.InvariantCulture),
    };

    private static string VersionOf(Type type)
    {
        var version = type.Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? type.Assembly.GetName().Version?.ToString() ?? "";
        return version.Split('+')[0];
    }
}
