using System.Text.Json;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Training.Checkpoints;

/// <summary>A run's whole state between two steps, as tensors and a few numbers.</summary>
internal static class RunState
{
    private const string MethodPrefix = "method.";

    private static readonly JsonSerializerOptions Json = new() { NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals };

    /// <summary>Writes the state as safetensors.</summary>
    public static void Write(Stream stream, TrainingRun run, RunFingerprint fingerprint)
    {
        run.Log.Read();
        using var scope = NewDisposeScope();
        using var gradient = no_grad();
        var tensors = new Dictionary<string, Tensor>
        {
            ["values"] = run.Parameters.Values.cpu(),
            ["first_moment"] = run.Optimizer.FirstMoment.cpu(),
            ["second_moment"] = run.Optimizer.SecondMoment.cpu(),
            ["dropout"] = run.Dropout.get_state().cpu(),
            ["losses"] = tensor(run.Log.Losses.ToArray()),
            ["gradient_norms"] = tensor(run.Log.GradientNorms.ToArray()),
        };
        if (run.BestWeights is not null)
            tensors["best"] = run.BestWeights.cpu();
        foreach (var (name, state) in run.AdapterTraining?.Save() ?? [])
            tensors[MethodPrefix + name] = state.cpu();
        var numbers = new Numbers(fingerprint, run.Optimizer.StepCount, run.StepInEpoch, [.. run.Epochs], run.Best?.Epoch);
        SafetensorsWriter.Write(stream, tensors, new Dictionary<string, string> { ["run"] = JsonSerializer.Serialize(numbers, Json) });
    }

    /// <summary>The numbers of a state.</summary>
    /// <exception cref="InvalidDataException">They are not there, or not those of a state.</exception>
    public static Numbers ReadNumbers(Stream stream, string source)
    {
        var (_, metadata, _) = SafetensorsReader.ReadHeader(stream, stream.Length, source);
        try
        {
            return metadata.TryGetValue("run", out var json) && JsonSerializer.Deserialize<Numbers>(json, Json) is { Fingerprint: not null, Epochs: not null } numbers && !(numbers.BestEpoch is { } best && (best < 1 || best > numbers.Epochs.Length))
                ? numbers
                : throw new InvalidDataException($"{source} is not the checkpoint of a training run.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{source} is not the checkpoint of a training run: {e.Message}", e);
        }
    }

    /// <summary>Brings a run that has not begun to the state in a stream.</summary>
    /// <exception cref="InvalidDataException">A tensor is missing or has another shape.</exception>
    public static void Restore(Stream stream, Numbers numbers, TrainingRun run, string source)
    {
        using var scope = NewDisposeScope();
        using var gradient = no_grad();
        var tensors = SafetensorsReader.Read(stream, stream.Length, source);
        foreach (var tensor in tensors.Values)
            scope.Attach(tensor);
        Copy("values", run.Parameters.Values);
        Copy("first_moment", run.Optimizer.FirstMoment);
        Copy("second_moment", run.Optimizer.SecondMoment);
        run.Dropout.set_state(Get("dropout"));
        run.Log.Restore(Get("losses").data<float>().ToArray(), Get("gradient_norms").data<float>().ToArray());
        run.AdapterTraining?.Restore(tensors.Where(t => t.Key.StartsWith(MethodPrefix, StringComparison.Ordinal)).ToDictionary(t => t.Key[MethodPrefix.Length..], t => t.Value));
        (run.Optimizer.StepCount, run.StepInEpoch) = (numbers.Step, numbers.StepInEpoch);
        run.Epochs.AddRange(numbers.Epochs);
        if (numbers.BestEpoch is { } best)
            run.RestoreBest(numbers.Epochs[best - 1], Get("best").to(run.Parameters.Values.device));

        Tensor Get(string name) => tensors.TryGetValue(name, out var found) ? found : throw new InvalidDataException($"{source} has no '{name}'.");

        void Copy(string name, Tensor destination)
        {
            if (Get(name).numel() != destination.numel())
                throw new InvalidDataException($"'{name}' of {source} has {Get(name).numel()} entries, not {destination.numel()}.");
            destination.copy_(Get(name));
        }
    }

    /// <summary>The part of a state that is not tensors.</summary>
    internal sealed record Numbers(RunFingerprint Fingerprint, int Step, int StepInEpoch, EpochResult[] Epochs, int? BestEpoch);
}
