using System.Buffers.Binary;
using System.IO.Compression;
using Microsoft.ML.Data;
using Microsoft.ML.Eva.Data.Images;

namespace Microsoft.ML.Eva.Tests.Data.Images;

/// <summary>Pictures that are tiny, enormous, broken, or not what they say: the right pixels, or an error that names file and fault.</summary>
[Trait("Category", "Fixtures")]
public sealed class HardPictureTests
{
    private static readonly PictureDecoder Decoder = new(PictureDecoding.AsSeen);
    private static readonly ImagePreprocessor Preprocessor = ImagePreprocessor.Create(null);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(10_000, 20)]
    [InlineData(20, 10_000)]
    [InlineData(1, 70_000)]
    public void Encode_OddSizes_GivesThePicturesColour(int width, int height)
    {
        var picture = Picture.Black(width, height);
        picture.Pixels.AsSpan().Fill(255);
        var values = new float[Preprocessor.ValueCount];
        var before = GC.GetAllocatedBytesForCurrentThread();

        Preprocessor.Encode(picture, "cat.jpg", values);

        Assert.Equal((1 - 0.485f) / 0.229f, values[0], 4);
        Assert.True(values.AsSpan(0, 224 * 224).IndexOfAnyExcept(values[0]) < 0);
        // The resized picture would have up to 17 million columns; the crop needs 224 of them.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
    }

    [Fact]
    public void Encode_ThinnerThanCanBeResized_IsInvalid()
    {
        var picture = Picture.Black(1, 10_000_000);

        var error = Assert.Throws<InvalidDataException>(() => Preprocessor.Encode(picture, "cat.jpg", new float[Preprocessor.ValueCount]));

        Assert.Contains("1×10000000", error.Message);
    }

    [Fact]
    public void Decode_Empty_IsInvalid() => AssertInvalid([], "0 bytes");

    [Fact]
    public void Decode_NoPicture_IsInvalid() => AssertInvalid("%PDF-1.7 and more"u8.ToArray(), "no picture in a known format");

    [Theory]
    [InlineData("rgb.jpg")]
    [InlineData("progressive.jpg")]
    [InlineData("cmyk.jpg")]
    [InlineData("rgba.png")]
    [InlineData("gray16.png")]
    [InlineData("lossless.webp")]
    [InlineData("lossy.webp")]
    [InlineData("plain.bmp")]
    [InlineData("two_frames.gif")]
    public void Decode_Truncated_IsInvalid(string file)
    {
        var bytes = Pictures.Bytes(file);
        foreach (var share in new[] { 0.001, 0.02, 0.1, 0.3, 0.45 })
            AssertInvalid(bytes[..(int)(bytes.Length * share)], null);
    }

    [Theory]
    [InlineData("rgb.jpg")]
    [InlineData("rgba.png")]
    [InlineData("gray16.png")]
    [InlineData("lossless.webp")]
    [InlineData("plain.bmp")]
    [InlineData("two_frames.gif")]
    public void Decode_DamagedBytes_GivesAPictureOrIsInvalid(string file)
    {
        var random = new Random(5);
        foreach (var decoding in new[] { PictureDecoding.AsSeen, PictureDecoding.AsPillow })
            for (var i = 0; i < 200; i++)
            {
                var bytes = Pictures.Bytes(file);
                for (var k = 0; k < 3; k++)
                    bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                try
                {
                    Assert.NotEmpty(new PictureDecoder(decoding, 1 << 22).Decode(bytes, file).Pixels);
                }
                catch (InvalidDataException e)
                {
                    Assert.Contains(file, e.Message);
                }
            }
    }

    [Theory]
    [InlineData("rgb.jpg")]
    [InlineData("gray16.png")]
    public void Decode_WrongName_IsDecodedByItsContent(string file) => Assert.True(Decoder.Decode(Pictures.Bytes(file), "picture.gif").Width > 1);

    [Fact]
    public void Decode_AnimatedGif_GivesTheFirstFrame()
    {
        var entry = Fixture.Json("images", "pictures.json").EnumerateArray().First(p => p.GetProperty("file").GetString() == "two_frames.gif");

        var picture = Decoder.Decode(Pictures.Bytes("two_frames.gif"), "two_frames.gif");

        Assert.Equal((entry.GetProperty("width").GetInt32(), entry.GetProperty("height").GetInt32()), (picture.Width, picture.Height)); // pixels: PictureDecoderTests
    }

    [Fact]
    public void Decode_DeepGrayAsSeen_KeepsAllShades()
    {
        ushort[] values = [0, 255, 256, 0x1234, 0x8000, 0xFFFF];
        var bytes = Png(values.Length, 1, depth: 16, colorType: 0, [0, .. values.SelectMany(v => new[] { (byte)(v >> 8), (byte)v })]);

        var seen = Decoder.Decode(bytes, "deep.png");
        var clipped = new PictureDecoder(PictureDecoding.AsPillow).Decode(bytes, "deep.png");

        Assert.Equal(values.Select(v => (byte)(v >> 8)), Enumerable.Range(0, values.Length).Select(x => seen.Pixels[x * 4]));
        Assert.Equal(values.Select(v => (byte)Math.Min((ushort)255, v)), Enumerable.Range(0, values.Length).Select(x => clipped.Pixels[x * 4]));
    }

    [Theory]
    [InlineData(16, 0)]
    [InlineData(8, 2)]
    public void Decode_Bomb_IsRefusedBeforeMemoryIsTaken(byte depth, byte colorType)
    {
        var bomb = Png(50_000, 50_000, depth, colorType, new byte[1 << 20]);
        Assert.InRange(bomb.Length, 1, 10_000);
        foreach (var decoding in new[] { PictureDecoding.AsSeen, PictureDecoding.AsPillow })
        {
            var before = GC.GetAllocatedBytesForCurrentThread();

            var error = Assert.Throws<InvalidDataException>(() => new PictureDecoder(decoding).Decode(bomb, "row 7: bomb.png"));

            Assert.Contains("row 7: bomb.png", error.Message);
            Assert.Contains("50000×50000", error.Message);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        }
    }

    [Theory]
    [InlineData("rgb.jpg")]
    [InlineData("rgba.png")]
    [InlineData("gray.jpg")]
    [InlineData("palette_transparent.png")]
    public void Decode_MLImage_GivesThePixelsOfTheFile(string file)
    {
        using var image = MLImage.CreateFromStream(new MemoryStream(Pictures.Bytes(file)));

        var (largest, _) = Pictures.Difference(Decoder.Decode(Pictures.Bytes(file), file), Decoder.Decode(image, file));

        Assert.InRange(largest, 0, 1); // ML.NET keeps colours multiplied with alpha, rounded
    }

    private static void AssertInvalid(byte[] bytes, string? fault)
    {
        foreach (var decoding in new[] { PictureDecoding.AsSeen, PictureDecoding.AsPillow })
        {
            var error = Assert.Throws<InvalidDataException>(() => new PictureDecoder(decoding).Decode(bytes, "row 3: cat.jpg"));
            Assert.StartsWith("row 3: cat.jpg", error.Message, StringComparison.Ordinal);
            if (fault is not null)
                Assert.Contains(fault, error.Message);
        }
    }

    private static byte[] Png(int width, int height, byte depth, byte colorType, byte[] rows)
    {
        using var file = new MemoryStream();
        file.Write([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (depth, colorType);
        Chunk(file, "IHDR"u8, header);
        using var compressed = new MemoryStream();
        using (var zlib = new ZLibStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
            zlib.Write(rows);
        Chunk(file, "IDAT"u8, compressed.ToArray());
        Chunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    private static void Chunk(Stream file, ReadOnlySpan<byte> type, byte[] data)
    {
        var number = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        byte[] content = [.. type, .. data];
        file.Write(content);
        BinaryPrimitives.WriteUInt32BigEndian(number, Checksum(content));
        file.Write(number);
    }

    // CRC-32 as PNG has it, bit by bit.
    private static uint Checksum(byte[] content)
    {
        var sum = uint.MaxValue;
        foreach (var value in content)
        {
            sum ^= value;
            for (var bit = 0; bit < 8; bit++)
                sum = (sum & 1) == 1 ? (sum >> 1) ^ 0xEDB88320 : sum >> 1;
        }
        return ~sum;
    }
}
