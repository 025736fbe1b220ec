using System.Text.Json;
using System.Text.Json.Nodes;

namespace Microsoft.ML.Eva.Data.Images;

/// <summary>Writes an <see cref="ImageProcessorConfig"/> as a preprocessor_config.json that it is read from again.</summary>
internal static class ImageProcessorWriter
{
    /// <summary>The file's bytes. ViT's processor only resizes; CLIP's resizes, or does not, and crops.</summary>
    public static byte[] ToJson(this ImageProcessorConfig config)
    {
        var json = new JsonObject { ["image_processor_type"] = config.Crop is null ? "ViTImageProcessor" : "CLIPImageProcessor" };
        json["do_resize"] = config.Rectangle is not null || config.ShortestEdge is not null;
        if (config.Rectangle is { } rectangle)
            json["size"] = Sides(rectangle);
        else if (config.ShortestEdge is { } edge)
            json["size"] = new JsonObject { ["shortest_edge"] = edge };
        json["resample"] = config.Filter == ResampleFilter.Lanczos ? 1 : config.Filter == ResampleFilter.Bilinear ? 2 : 3; // Pillow's numbers
        if (config.Crop is { } crop)
            (json["do_center_crop"], json["crop_size"]) = (true, Sides(crop));
        (json["do_rescale"], json["rescale_factor"]) = (true, config.RescaleFactor);
        (json["do_normalize"], json["image_mean"], json["image_std"]) = (true, Channels(config.Mean), Channels(config.Deviation));
        return JsonSerializer.SerializeToUtf8Bytes(json, new JsonSerializerOptions { WriteIndented = true });
    }

    private static JsonObject Sides((int Height, int Width) size) => new() { ["height"] = size.Height, ["width"] = size.Width };

    private static JsonArray Channels(IReadOnlyList<double> values) => [.. values.Select(value => (JsonNode)value)];
}
