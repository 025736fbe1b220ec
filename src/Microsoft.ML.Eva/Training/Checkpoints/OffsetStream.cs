namespace Microsoft.ML.Eva.Training.Checkpoints;

/// <summary>What a stream holds from some position on, as a stream of its own. Owns the other one.</summary>
internal sealed class OffsetStream : Stream
{
    private readonly Stream _whole;
    private readonly long _start;

    /// <summary>Begins at <paramref name="start"/>.</summary>
    public OffsetStream(Stream whole, long start)
    {
        (_whole, _start) = (whole, start);
        _whole.Position = start;
    }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => true;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => _whole.Length - _start;

    /// <inheritdoc/>
    public override long Position
    {
        get => _whole.Position - _start;
        set => _whole.Position = value + _start;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => _whole.Read(buffer, offset, count);

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer) => _whole.Read(buffer);

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) =>
        Position = origin switch { SeekOrigin.Begin => offset, SeekOrigin.Current => Position + offset, _ => Length + offset };

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _whole.Dispose();
        base.Dispose(disposing);
    }
}
