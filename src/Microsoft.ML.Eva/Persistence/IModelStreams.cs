namespace Microsoft.ML.Eva.Persistence;

/// <summary>The named streams of one model's folder within a zip, whoever owns the zip.</summary>
internal interface IModelStreamWriter
{
    /// <summary>Writes one stream.</summary>
    void Write(string name, Action<Stream> write);
}

/// <inheritdoc cref="IModelStreamWriter"/>
internal interface IModelStreamReader
{
    /// <summary>Whether there is a stream of that name.</summary>
    bool Has(string name);

    /// <summary>Reads one stream.</summary>
    /// <exception cref="InvalidDataException">There is none of that name.</exception>
    T Read<T>(string name, Func<Stream, T> read);
}
