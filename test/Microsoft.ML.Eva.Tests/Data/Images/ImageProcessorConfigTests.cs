using System.Text.Json;
using Microsoft.ML.Eva.Data.Images;

namespace Microsoft.ML.Eva.Tests.Data.Images;

/// <summary>The forms that preprocessor_config.json has had over the years, sizes of one's own, and what is refused.</summary>
public sealed class ImageProcessorConfigTests
{
    [Theory]
    [InlineData("""{"image_processor_type":"ViTImageProcessorFast"}""", 224, 224)]
    [InlineData("""{"feature_extractor_type":"ViTFeatureExtractor","size":384}""", 384, 384)]
    [InlineData("""{"image_processor_type":"BitImageProcessor"}""", 224, 224)]
    [InlineData("""{"image_processor_type":"CLIPImageProcessor","size":{"shortest_edge":100},"crop_size":90}""", 90, 90)]
    [InlineData("""{"feature_extractor_type":"ConvNextFeatureExtractor","size":224,"crop_pct":0.875}""", 224, 224)]
    [InlineData("""{"image_processor_type":"ConvNextImageProcessor","size":{"shortest_edge":384}}""", 384, 384)]
    [InlineData("""{"image_processor_type":"BitImageProcessor","do_center_crop":false,"size":{"height":20,"width":30}}""", 20, 30)]
    public void Create_KnownForms_GivesTheirSize(string json, int height, int width)
    {
        var preprocessor = ImagePreprocessor.Create(JsonDocument.Parse(json).RootElement);

        Assert.Equal((height, width), (preprocessor.Height, preprocessor.Width));
    }

    [Fact]
    public void WithSize_CropAndEdge_ShrinkTogether()
    {
        var config = ImageProcessorConfig.Default.WithSize(112);

        Assert.Equal((128, (112, 112)), (config.ShortestEdge, config.Crop));
        Assert.Equal((64, 64), ImageProcessorConfig.Read(JsonDocument.Parse("""{"image_processor_type":"ViTImageProcessor"}""").RootElement).WithSize(64).OutputSize);
        Assert.Throws<ArgumentOutOfRangeException>(() => ImageProcessorConfig.Default.WithSize(0));
    }

    [Theory]
    [InlineData("""{"image_processor_type":"DonutImageProcessor"}""", "DonutImageProcessor")]
    [InlineData("""{"image_processor_type":"ViTImageProcessor","size":{"longest_edge":5}}""", "size")]
    [InlineData("""{"image_processor_type":"ViTImageProcessor","size":-1}""", "size")]
    [InlineData("""{"image_processor_type":"ViTImageProcessor","size":99999999}""", "size")]
    [InlineData("""{"image_processor_type":"ViTImageProcessor","size":{"height":"a","width":2}}""", "size")]
    [InlineData("""{"image_processor_type":"ViTImageProcessor","image_std":[0,1,1]}""", "image_std")]
    [InlineData("""{"image_processor_type":"ViTImageProcessor","image_mean":[0.5]}""", "image_mean")]
    [InlineData("""{"image_processor_type":"ViTImageProcessor","resample":0}""", "resample")]
    [InlineData("""{"image_processor_type":"ViTImageProcessor","do_resize":"yes"}""", "do_resize")]
    [InlineData("""{"image_processor_type":"ConvNextImageProcessor","size":224,"crop_pct":0}""", "crop_pct")]
    [InlineData("""{"image_processor_type":"BitImageProcessor","do_center_crop":false}""", "different sizes")]
    [InlineData("""{"image_processor_type":"ViTImageProcessor","rescale_factor":1e999}""", "rescale_factor")]
    public void Create_Unusable_NamesTheSetting(string json, string named)
    {
        var error = Assert.Throws<InvalidDataException>(() => ImagePreprocessor.Create(JsonDocument.Parse(json).RootElement));

        Assert.Contains(named, error.Message);
    }
}
