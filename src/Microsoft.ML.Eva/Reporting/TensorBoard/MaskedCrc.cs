using System.Numerics;

namespace Microsoft.ML.Eva.Reporting.TensorBoard;

/// <summary>The checksum of records: CRC-32C, rotated and shifted so that data which holds checksums itself does no harm.</summary>
internal static class MaskedCrc
{
    private const uint Mask = 0xa282ead8;

    /// <summary>The checksum of <paramref name="data"/>.</summary>
    public static uint Of(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var value in data)
            crc = BitOperations.Crc32C(crc, value);
        return unchecked(BitOperations.RotateRight(~crc, 15) + Mask);
    }
}
