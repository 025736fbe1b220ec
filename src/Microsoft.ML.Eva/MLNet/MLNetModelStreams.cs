using Microsoft.ML.Eva.Persistence;

namespace Microsoft.ML.Eva.MLNet;

/// <summary>The streams of a model that ML.NET is saving.</summary>
internal sealed class MLNetModelStreamWriter(ModelSaveContext context) : IModelStreamWriter
{
    /// <inheritdoc/>
    public void Write(string name, Action<Stream> write) => context.SaveBinaryStream(name, writer =>
    {
        writer.Flush();
        write(writer.BaseStream);
    });
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
