using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Generation;
using Microsoft.ML.Eva.MLNet;
using Microsoft.ML.Eva.Persistence;
using Microsoft.ML.Eva.Tensors;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva;

/// <summary>A text generator's part of an ML.NET model file.</summary>
internal static class GenerationModelFile
{
    /// <summary>Writes manifest, network and report.</summary>
    public static void Write(ModelSaveContext context, GenerationManifest manifest, Network network, TrainingReport? report)
    {
        context.CheckAtModel();
        context.SetVersionInfo(Version());
        var streams = new MLNetModelStreamWriter(context);
        GenerationPackage.Write(streams, manifest, network);
        if (report is not null)
            // Seconds and machines differ from run to run; without them the same seed gives the same file.
            streams.Write("report.json", (report with { SecondsLoad = 0, SecondsEva = 0, SecondsTrain = 0, Environment = new Dictionary<string, string>() }).WriteJson);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The file is broken; the message says where.</exception>
    public static EvaGenerationTransformer Read(IHostEnvironment environment, ModelLoadContext context)
    {
        context.CheckAtModel(Version());
        var settings = (IHostEnvironmentInternal)environment;
        using var channel = environment.Start("Loading");
        NativeTorch.BeginLoading();
        var device = new Lazy<Device>(() => Devices.Choose(settings.GpuDeviceId, settings.FallbackToCpu, message => channel.Warning(message)));
        var streams = new MLNetModelStreamReader(context);
        var (manifest, network) = GenerationPackage.Read(streams, device);
        var model = CausalModel.Create(network, device.Value, manifest.Separator);
        try
        {
            if (manifest.Decoding.MaxNewTokens >= model.MaxTokens)
                throw new InvalidDataException($"The model file's manifest.json lets {manifest.Decoding.MaxNewTokens} tokens be written; its network takes {model.MaxTokens}, the prompt's included.");
            var report = streams.Has("report.json") ? streams.Read("report.json", TrainingReport.ReadJson) : null;
            return new EvaGenerationTransformer(environment, manifest, model, report);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static VersionInfo Version() => new(
        modelSignature: "EVAGENER",
        verWrittenCur: 0x00010001,
        verReadableCur: 0x00010001,
        verWeCanReadBack: 0x00010001,
        loaderSignature: EvaGenerationTransformer.LoaderSignature,
        loaderAssemblyName: typeof(EvaGenerationTransformer).Assembly.FullName!);
}
