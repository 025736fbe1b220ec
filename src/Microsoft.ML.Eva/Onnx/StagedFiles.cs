namespace Microsoft.ML.Eva.Onnx;

/// <summary>
/// Files of a folder that are written under temporary names in it and get their own only when all of them are whole. What was not
/// committed is deleted, and so is the folder, if it was made for them.
/// </summary>
internal sealed class StagedFiles : IDisposable
{
    private readonly string _folder;
    private readonly string _suffix = $".{Guid.NewGuid():n}.tmp";
    private readonly bool _isNewFolder;
    private readonly List<string> _names = [];

    /// <summary>Files of <paramref name="folder"/>, which is made if it is not there.</summary>
    /// <exception cref="ArgumentException">The path is that of a file.</exception>
    public StagedFiles(string folder)
    {
        if (File.Exists(folder))
            throw new ArgumentException($"'{folder}' is a file; give the path of a folder.", nameof(folder));
        (_folder, _isNewFolder) = (folder, !Directory.Exists(folder));
        Directory.CreateDirectory(folder);
    }

    /// <summary>Where to write the file of that name for now; it is committed if it is there then.</summary>
    public string PathFor(string name)
    {
        _names.Add(name);
        return Path.Combine(_folder, name + _suffix);
    }

    /// <summary>Writes a small file.</summary>
    public void Write(string name, byte[] content) => File.WriteAllBytes(PathFor(name), content);

    /// <summary>Gives the files their names, in the order in which they were staged, in place of those that are there.</summary>
    /// <returns>The names.</returns>
    /// <exception cref="IOException">A folder has one of the names; nothing was changed.</exception>
    public IReadOnlyList<string> Commit()
    {
        var written = _names.Where(name => File.Exists(Path.Combine(_folder, name + _suffix))).ToList();
        if (written.FirstOrDefault(name => Directory.Exists(Path.Combine(_folder, name))) is { } taken)
            throw new IOException($"'{Path.Combine(_folder, taken)}' is a folder, so no file can have that name.");
        foreach (var name in written)
            File.Move(Path.Combine(_folder, name + _suffix), Path.Combine(_folder, name), overwrite: true);
        return written;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var name in _names)
            File.Delete(Path.Combine(_folder, name + _suffix));
        if (_isNewFolder && !Directory.EnumerateFileSystemEntries(_folder).Any())
            Directory.Delete(_folder);
    }
}
