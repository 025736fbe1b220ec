using System.Globalization;
using Microsoft.ML.Eva.Training.Checkpoints;

namespace Microsoft.ML.Eva.Sweeps;

/// <summary>A sweep's place on the disk: its lock, its journal, a folder per trial. A temporary one goes when it is disposed.</summary>
internal sealed class SweepFolder : IDisposable
{
    private readonly string _path;
    private readonly bool _isTemporary;
    private readonly CheckpointFolderLock _lock;

    /// <summary>Takes the folder, which is made if it is not there; null: a temporary one.</summary>
    /// <exception cref="ArgumentException">Another sweep has the folder or left its journal there, or it cannot be written to.</exception>
    /// <exception cref="InvalidDataException">The journal is broken.</exception>
    public SweepFolder(string? path, string fingerprint)
    {
        _isTemporary = path is null;
        _path = path ?? Directory.CreateTempSubdirectory("eva-sweep-").FullName;
        _lock = new CheckpointFolderLock(_path, nameof(EvaLoraSweepOptions.Folder));
        try
        {
            Journal = new SweepJournal(_path, fingerprint);
        }
        catch
        {
            _lock.Dispose();
            throw;
        }
    }

    /// <summary>What has been done.</summary>
    public SweepJournal Journal { get; }

    /// <summary>The folder for a trial's checkpoints.</summary>
    public string OfTrial(int number) => Path.Combine(_path, string.Create(CultureInfo.InvariantCulture, $"trial-{number:d4}"));

    /// <summary>Deletes the checkpoints of all trials but one, once nobody will go on with them.</summary>
    public void DeleteAllBut(int number)
    {
        foreach (var folder in Directory.EnumerateDirectories(_path, "trial-*").Where(folder => folder != OfTrial(number)))
            Directory.Delete(folder, recursive: true);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Journal.Dispose();
        _lock.Dispose();
        if (_isTemporary)
            Directory.Delete(_path, recursive: true);
    }
}
