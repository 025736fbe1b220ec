using System.Globalization;

namespace Microsoft.ML.Eva.Training.Checkpoints;

/// <summary>
/// The checkpoints of one run in a folder of its own: a run that was stopped at any moment and is started again goes on from
/// the last one and ends with the same bytes. Holds the folder's lock.
/// </summary>
internal sealed class TrainingCheckpoints : IDisposable
{
    private const string Ending = ".checkpoint";

    private readonly string _folder;
    private readonly int? _everySteps;
    private readonly int _kept;
    private readonly string _description;
    private readonly Action<string> _warn;
    private readonly CheckpointFolderLock _lock;
    private RunFingerprint? _fingerprint;

    /// <summary>Takes the folder.</summary>
    /// <param name="folder">The folder, made if it is not there.</param>
    /// <param name="everySteps">Steps between two checkpoints, beside those at the epochs' ends; null: none.</param>
    /// <param name="kept">Checkpoints that stay in the folder.</param>
    /// <param name="description">What decides the result beside the training plan: method, network, …. A run with another description is another run.</param>
    /// <param name="warn">Is told of checkpoints that are not whole.</param>
    /// <exception cref="ArgumentException">Another run has the folder, or it cannot be written to.</exception>
    public TrainingCheckpoints(string folder, int? everySteps, int kept, string description, Action<string> warn)
    {
        (_folder, _everySteps, _kept, _description, _warn) = (folder, everySteps, kept, description, warn);
        _lock = new CheckpointFolderLock(folder, nameof(TrainingOptions.CheckpointFolder));
        foreach (var unfinished in Directory.EnumerateFiles(folder, $"*{Ending}{SealedFile.UnfinishedEnding}"))
            File.Delete(unfinished);
    }

    /// <summary>The checkpoints that <paramref name="options"/> ask for; null if none.</summary>
    public static TrainingCheckpoints? Open(TrainingOptions options, string description, Action<string> warn) =>
        options.CheckpointFolder is null ? null : new TrainingCheckpoints(options.CheckpointFolder, options.CheckpointEverySteps, options.CheckpointsKept, description, warn);

    /// <summary>Brings a run that has not begun to where the folder's last whole checkpoint was made; leaves it alone if there is none.</summary>
    /// <exception cref="ArgumentException">The checkpoints are another run's.</exception>
    public void Restore(TrainingRun run, TrainingPlan plan, Data.IBatchSource rows)
    {
        _fingerprint = RunFingerprint.Create(plan, _description, run.Parameters.Groups, rows);
        foreach (var path in Files())
        {
            using var content = SealedFile.OpenIfWhole(path);
            if (content is null)
            {
                _warn($"The checkpoint {Path.GetFileName(path)} is broken; the one before it is used.");
                continue;
            }
            var numbers = RunState.ReadNumbers(content, Path.GetFileName(path));
            var differences = string.Join(", ", numbers.Fingerprint.DifferencesFrom(_fingerprint));
            if (differences.Length > 0)
                throw new ArgumentException($"{nameof(TrainingOptions.CheckpointFolder)} '{_folder}' holds the checkpoints of another run, which differs in: {differences}. Choose an empty folder, or delete the *{Ending} files if that run is no longer wanted.");
            content.Position = 0;
            RunState.Restore(content, numbers, run, Path.GetFileName(path));
            return;
        }
    }

    /// <summary>Saves the run if it is time.</summary>
    public void AfterStep(TrainingRun run)
    {
        if (_everySteps is { } every && run.Optimizer.StepCount % every == 0)
            Save(run);
    }

    /// <summary>Saves the run, and deletes the checkpoints that are no longer wanted.</summary>
    /// <exception cref="IOException">The disk is full, for example. Earlier checkpoints are still there.</exception>
    public void Save(TrainingRun run)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{run.Epochs.Count:d5}-{run.Optimizer.StepCount:d9}{Ending}");
        SealedFile.Write(Path.Combine(_folder, name), stream => RunState.Write(stream, run, _fingerprint!));
        foreach (var path in Files().Skip(_kept))
            File.Delete(path);
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    // newest first: epochs, then steps, both with leading zeros
    private List<string> Files() => [.. Directory.EnumerateFiles(_folder, $"*{Ending}").OrderByDescending(path => Path.GetFileName(path), StringComparer.Ordinal)];
}
