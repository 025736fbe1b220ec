namespace Microsoft.ML.Eva.Training.Checkpoints;

/// <summary>Keeps a second run out of a folder. The system lets go of it when the process ends, however it ends.</summary>
internal sealed class CheckpointFolderLock : IDisposable
{
    private readonly FileStream _file;

    /// <summary>Takes the folder, which is made if it is not there.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="option">The option that names it, for messages.</param>
    /// <exception cref="ArgumentException">Another run has it, or it cannot be written to.</exception>
    public CheckpointFolderLock(string folder, string option)
    {
        try
        {
            Directory.CreateDirectory(folder);
            _file = new FileStream(Path.Combine(folder, "run.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new ArgumentException($"{option} '{folder}' cannot be written to. Choose a folder in which this account may create files.", e);
        }
        catch (IOException e)
        {
            throw new ArgumentException($"{option} '{folder}' cannot be used: another run trains into it, or it is not a folder ({e.Message}). Give every run a folder of its own.", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
