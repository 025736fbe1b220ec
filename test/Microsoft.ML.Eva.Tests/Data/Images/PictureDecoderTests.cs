using Microsoft.ML.Eva.Data.Images;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Data.Images;

/// <summary>Decoded pixels against Pillow's.</summary>
[Trait("Category", "Fixtures")]
public class PictureDecoderTests
{
    public static TheoryData<string> Entries
    {
        get
        {
            var data = new TheoryData<string>();
            var decoded = Fixture.Tensors("images", "decoded.safetensors");
            foreach (var (name, tensor) in decoded)
            {
                data.Add(name);
                tensor.Dispose();
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Entries))]
    public void Decode_Picture_EqualsPillow(string entry)
    {
        using var scope = NewDisposeScope();
        var file = entry.Split('#')[0];
        var decoding = PictureDecoding.AsPillow with { Upright = entry.EndsWith("#upright", StringComparison.Ordinal), OnWhite = entry.EndsWith("#white", StringComparison.Ordinal) };
        var expected = Fixture.Tensors("images", "decoded.safetensors");
        var actual = new PictureDecoder(decoding).Decode(Pictures.Bytes(file), file);
        var (largest, mean) = Pictures.Difference(Pictures.FromTensor(expected[entry]), actual);
        foreach (var tensor in expected.Values)
            tensor.Dispose();
        // Lossy formats leave the rounding of their transforms to the decoder: here it is Pillow's too, elsewhere it may not be.
        var isLossy = Path.GetExtension(file) == ".jpg" || file == "lossy.webp";
        Assert.True(largest <= (isLossy ? 2 : 0) && mean <= (isLossy ? 0.1 : 0), $"{entry}: largest {largest}, mean {mean:f4}");
    }
}
