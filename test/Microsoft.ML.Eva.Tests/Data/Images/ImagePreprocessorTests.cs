using Microsoft.ML.Eva.Data.Images;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Data.Images;

/// <summary>Pixel values against the image processors of transformers, started from the same decoded bytes.</summary>
[Trait("Category", "Fixtures")]
public class ImagePreprocessorTests
{
    public static TheoryData<string> Processors
    {
        get
        {
            var data = new TheoryData<string>();
            foreach (var item in Fixture.Cases("base_manifest.json", "image processor"))
                data.Add(item.GetProperty("folder").GetString()!);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Processors))]
    public void Encode_DecodedPicture_EqualsReference(string folder)
    {
        var decoded = Fixture.Tensors("images", "decoded.safetensors");
        var golden = Fixture.Tensors(folder, "pixel_values.safetensors");
        var preprocessor = ImagePreprocessor.Create(Fixture.Json(folder, "preprocessor_config.json"));
        Assert.NotEmpty(golden);
        foreach (var (name, expected) in golden)
        {
            Assert.Equal([3, preprocessor.Height, preprocessor.Width], expected.shape);
            var values = new float[preprocessor.ValueCount];
            preprocessor.Encode(Pictures.FromTensor(decoded[name]), name, values);
            using var actual = tensor(values, [3, preprocessor.Height, preprocessor.Width]);
            Fixture.AssertClose(expected, actual, expected.dtype == ScalarType.Float16 ? 1e-3 : 1e-6, $"{folder} {name}");
        }
        foreach (var tensor in decoded.Values.Concat(golden.Values))
            tensor.Dispose();
    }
}
