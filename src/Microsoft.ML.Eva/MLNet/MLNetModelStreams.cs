using System.IO.Compression;
using Microsoft.ML.Eva.Persistence;

namespace Microsoft.ML.Eva.MLNet;

/// <summary>
/// The streams of a model that ML.NET is saving. Weights go into the zip as they are: float32 numbers would become a tenth
/// smaller at the price of most of the time that saving takes, and ML.NET's own way also writes them to a temporary file first.
/// </summary>
internal sealed class MLNetModelStreamWriter(ModelSaveContext context) : IModelStreamWriter
{
    /// <inheritdoc/>
    public void Write(string name, Action<Stream> write)
    {
        if (name.EndsWith(".safetensors", StringComparison.Ordinal) && context.InRepository)
            WriteStored(name, write);
        else
            context.SaveBinaryStream(name, writer =>
            {
                writer.Flush();
                write(writer.BaseStream);
            });
    }

    // What RepositoryWriter does, with another compression level and without its temporary file.
    private void WriteStored(string name, Action<Stream> write)
    {
        var repository = context.Repository;
        repository.Flush();
        repository.GetPath(out var path, out _, context.Directory, name, createDir: false);
        if (!repository.PathMap.TryAdd(path, ""))
            throw new InvalidOperationException($"The model file has a '{path}' already.");
        using var stream = repository._archive.CreateEntry(path, CompressionLevel.NoCompression).Open();
        write(stream);
    }
}

/// <summary>The streams of a model that ML.NET is loading.</summary>
internal sealed class MLNetModelStreamReader(ModelLoadContext context) : IModelStreamReader
{
    /// <inheritdoc/>
    public bool Has(string name) => context.TryLoadBinaryStream(name, _ => { });

    /// <inheritdoc/>
    public T Read<T>(string name, Func<Stream, T> read)
    {
        T result = default!;
        bool exists;
        try
        {
            exists = context.TryLoadBinaryStream(name, reader => result = read(reader.BaseStream));
        }
        catch (Exception e) when (e is EndOfStreamException or FormatException)
        {
            throw new InvalidDataException($"The model file's {name} is broken: {e.Message}", e);
        }
        return exists ? result : throw new InvalidDataException($"The model file has no {name}.");
    }
}
