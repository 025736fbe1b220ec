using System.Text.Json;
using Microsoft.ML.Eva.Data.Images;

namespace Microsoft.ML.Eva.Tests.Data.Images;

/// <summary>What is written is read as the same settings.</summary>
public sealed class ImageProcessorWriterTests
{
    [Theory]
    [InlineData("""{"image_processor_type":"ViTImageProcessorFast","resample":1}""", null)]
    [InlineData("""{"image_processor_type":"ViTImageProcessor","do_normalize":false,"do_rescale":false,"size":{"height":20,"width":30}}""", null)]
    [InlineData("""{"image_processor_type":"BitImageProcessor","size":{"shortest_edge":256},"image_std":[0.1,0.2,0.3]}""", null)]
    [InlineData("""{"image_processor_type":"BitImageProcessor","size":{"shortest_edge":256}}""", 112)]
    [InlineData("""{"image_processor_type":"DeiTImageProcessor","size":{"height":40,"width":50},"crop_size":30}""", null)]
    [InlineData("""{"image_processor_type":"CLIPImageProcessor","do_resize":false,"crop_size":{"height":33,"width":44}}""", null)]
    [InlineData("""{"image_processor_type":"ConvNextImageProcessor","size":{"shortest_edge":224},"crop_pct":0.875}""", null)]
    [InlineData("""{"image_processor_type":"ConvNextImageProcessor","size":{"shortest_edge":384}}""", 64)]
    public void ToJson_ReadAgain_IsTheSame(string json, int? size)
    {
        var config = ImageProcessorConfig.Read(JsonDocument.Parse(json).RootElement);
        if (size is { } side)
            config = config.WithSize(side);

        AssertRoundTrip(config);
    }

    [Fact]
    public void ToJson_Default_IsTheSame() => AssertRoundTrip(ImageProcessorConfig.Default);

    private static void AssertRoundTrip(ImageProcessorConfig config)
    {
        var read = ImageProcessorConfig.Read(JsonDocument.Parse(config.ToJson()).RootElement);

        Assert.Equal(config with { Mean = [], Deviation = [] }, read with { Mean = [], Deviation = [] });
        Assert.Equal(config.Mean, read.Mean);
        Assert.Equal(config.Deviation, read.Deviation);
    }
}
