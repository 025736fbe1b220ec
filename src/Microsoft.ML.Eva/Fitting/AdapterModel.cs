using Microsoft.ML.Eva.Adapters;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.MLNet;
using Microsoft.ML.Eva.MLNet.Targets;
using Microsoft.ML.Eva.Persistence;
using Microsoft.ML.Eva.Tensors;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Fitting;

/// <summary>Makes a model for scoring from a checkpoint and an adapter folder, without training.</summary>
internal static class AdapterModel
{
    /// <summary>The model, its adapter merged or not, as the options say. See <see cref="EvaTransformer.FromAdapter"/>.</summary>
    public static EvaTransformer Create(IHostEnvironment environment, string folder, IReadOnlyList<string> classes, EvaLoraTextOptions options)
    {
        ArgumentNullException.ThrowIfNull(classes);
        var chosen = options.Snapshot(nameof(options));
        var validator = new OptionsValidator();
        new AdapterFolderOptions { Folder = folder }.Validate(validator);
        validator.ThrowIfFaulty(nameof(folder));
        if (classes.Count < 2 || classes.Any(string.IsNullOrEmpty) || classes.Distinct(StringComparer.Ordinal).Count() < classes.Count)
            throw new ArgumentException($"There must be at least two classes, each with a name of its own; found {string.Join(", ", classes.Select(name => $"'{name}'"))}.", nameof(classes));
        var settings = (IHostEnvironmentInternal)environment;
        var host = environment.Register(nameof(AdapterModel));
        using var channel = host.Start("Loading");
        using var progress = new FitProgress(host, channel, listener: null);
        var device = Devices.Choose(settings.GpuDeviceId, settings.FallbackToCpu, progress.Warning);
        var network = CreateNetwork(chosen, classes.Count, device);
        try
        {
            var adapter = Read(folder, network, chosen.MergesAdapter);
            var modality = new TextModality(chosen);
            var input = modality.CreateInput(network, progress);
            var outputs = new ClassColumns(chosen.ScoreColumnName, chosen.PredictionColumnName, LabelKeys.OfTexts(classes));
            var manifest = ModelFit.CreateManifest(chosen, modality, new ClassTarget(chosen), network, outputs, input);
            return new EvaTransformer(environment, manifest, network, outputs, input, device, report: null, adapter);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private static Network CreateNetwork(EvaLoraTextOptions options, int outputs, Device device)
    {
        var checkpoint = options.Checkpoint.Acquire(device);
        try
        {
            using var unused = new Generator(0, device); // what it draws must be replaced, see below
            return NetworkFactory.Create(checkpoint, checkpoint.Trained?.Kind ?? options.Head, outputs, unused, takeOverHead: true);
        }
        finally
        {
            checkpoint.Release(); // the network holds a reference of its own
        }
    }

    private static AdapterSnapshot? Read(string folder, Network network, bool merges)
    {
        var drawn = network.Head.Weights.Where(weight => weight.IsOwned).Select(weight => (Weight: weight, Handle: weight.Value.Handle)).ToList();
        var (method, _) = AdapterFolder.Read(folder, network);
        if (drawn.FirstOrDefault(entry => entry.Weight.Value.Handle == entry.Handle).Weight is { } missing)
            throw new InvalidDataException($"Neither the adapter folder '{Path.GetFileName(Path.TrimEndingDirectorySeparator(folder))}' nor the checkpoint {network.Checkpoint.Name} holds the head's '{missing.Name}' [{string.Join(", ", missing.Value.shape)}], so there is nothing to score with. Train it with {nameof(AdapterFolderOptions)}, or choose the head that the adapter was trained with.");
        var snapshot = AdapterSnapshot.TryOf(network, method);
        AdapterMerger.End(network, merges);
        return snapshot;
    }
}
