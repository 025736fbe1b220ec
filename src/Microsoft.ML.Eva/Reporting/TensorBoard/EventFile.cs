using System.Buffers.Binary;
using System.Globalization;

namespace Microsoft.ML.Eva.Reporting.TensorBoard;

/// <summary>A file of events: records of length, checksum of the length, content, checksum of the content. Grows while it is read.</summary>
internal sealed class EventFile : IDisposable
{
    private readonly Stream _stream;
    private readonly TimeProvider _clock;

    /// <summary>Writes the version to an empty stream, which this object then owns.</summary>
    public EventFile(Stream stream, TimeProvider clock)
    {
        (_stream, _clock) = (stream, clock);
        Append(ScalarEvent.OfVersion(Now));
    }

    /// <summary>A new file in a folder, which is made if it is not there. Its name is one that TensorBoard looks for.</summary>
    public static EventFile Create(string folder)
    {
        Directory.CreateDirectory(folder);
        var name = string.Create(CultureInfo.InvariantCulture, $"events.out.tfevents.{DateTimeOffset.UtcNow.ToUnixTimeSeconds():d10}.{Guid.NewGuid():n}");
        return new EventFile(new FileStream(Path.Combine(folder, name), FileMode.CreateNew, FileAccess.Write, FileShare.Read), TimeProvider.System);
    }

    /// <summary>Appends a number to the series <paramref name="tag"/>.</summary>
    public void Add(string tag, long step, double value) => Append(ScalarEvent.OfScalar(Now, step, tag, (float)value));

    /// <summary>Hands everything to the operating system, for a TensorBoard that watches.</summary>
    public void Flush() => _stream.Flush();

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private double Now => (_clock.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds;

    private void Append(byte[] content)
    {
        Span<byte> header = stackalloc byte[12], footer = stackalloc byte[4];
        BinaryPrimitives.WriteInt64LittleEndian(header, content.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], MaskedCrc.Of(header[..8]));
        BinaryPrimitives.WriteUInt32LittleEndian(footer, MaskedCrc.Of(content));
        _stream.Write(header);
        _stream.Write(content);
        _stream.Write(footer);
    }
}
