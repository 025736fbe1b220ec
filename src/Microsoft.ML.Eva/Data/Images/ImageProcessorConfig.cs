using System.Text.Json;

namespace Microsoft.ML.Eva.Data.Images;

/// <summary>
/// What a preprocessor_config.json asks for, with the defaults of the processor it names, reduced to one form: resize to a
/// rectangle or by the shortest edge, crop around the centre, rescale, normalise.
/// </summary>
internal sealed record ImageProcessorConfig
{
    private const int LargestSide = 1 << 14;
    private const double ByteScale = 1.0 / 255;
    private static readonly double[] ImageNetMean = [0.485, 0.456, 0.406];
    private static readonly double[] ImageNetDeviation = [0.229, 0.224, 0.225];
    private static readonly double[] ClipMean = [0.48145466, 0.4578275, 0.40821073];
    private static readonly double[] ClipDeviation = [0.26862954, 0.26130258, 0.27577711];
    private static readonly double[] Halves = [0.5, 0.5, 0.5];

    /// <summary>The rectangle to resize to, or null.</summary>
    public (int Height, int Width)? Rectangle { get; init; }

    /// <summary>The length of the shorter edge after resizing, or null.</summary>
    public int? ShortestEdge { get; init; }

    /// <summary>The rectangle to cut from the centre, or null.</summary>
    public (int Height, int Width)? Crop { get; init; }

    /// <summary>The filter of the resizing.</summary>
    public ResampleFilter Filter { get; init; } = ResampleFilter.Bicubic;

    /// <summary>What bytes are multiplied with.</summary>
    public double RescaleFactor { get; init; } = ByteScale;

    /// <summary>What is subtracted from each channel then.</summary>
    public IReadOnlyList<double> Mean { get; init; } = ImageNetMean;

    /// <summary>What each channel is divided by then.</summary>
    public IReadOnlyList<double> Deviation { get; init; } = ImageNetDeviation;

    /// <summary>DINOv2's usual settings, for a checkpoint that brings none: shortest edge 256, crop 224.</summary>
    public static ImageProcessorConfig Default { get; } = new() { ShortestEdge = 256, Crop = (224, 224) };

    /// <summary>Height and width of what comes out; null if they depend on the picture.</summary>
    public (int Height, int Width)? OutputSize => Crop ?? Rectangle;

    /// <summary>Reads the file's root object.</summary>
    /// <exception cref="InvalidDataException">A setting is unknown or impossible.</exception>
    public static ImageProcessorConfig Read(JsonElement root)
    {
        var settings = new ImageProcessorSettings(root);
        var type = settings.Text("image_processor_type") ?? settings.Text("feature_extractor_type") ?? "ImageProcessor";
        var family = type.Replace("ImageProcessor", "", StringComparison.Ordinal).Replace("FeatureExtractor", "", StringComparison.Ordinal)
            .Replace("Fast", "", StringComparison.Ordinal).Replace("Pil", "", StringComparison.Ordinal);
        return family switch
        {
            "ViT" or "ViTHybrid" => Normalized(settings, Halves, Halves, ResampleFilter.Bilinear, Square(settings, 224)),
            "DeiT" => Normalized(settings, ImageNetMean, ImageNetDeviation, ResampleFilter.Bicubic, Cropped(settings, 256)),
            "Bit" or "CLIP" or "" => Normalized(settings, ClipMean, ClipDeviation, ResampleFilter.Bicubic, Cropped(settings, 224)),
            "ConvNext" => Normalized(settings, ImageNetMean, ImageNetDeviation, ResampleFilter.Bilinear, ConvNext(settings)),
            _ => throw new InvalidDataException($"preprocessor_config.json names the image processor '{type}'; known are ViT, DeiT, Bit, CLIP and ConvNext image processors, also their Fast forms."),
        };
    }

    /// <summary>The same for pictures of another size: crop and edge grow and shrink together.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The size is not from 1 to 16384.</exception>
    public ImageProcessorConfig WithSize(int size)
    {
        if (size is < 1 or > LargestSide)
            throw new ArgumentOutOfRangeException(nameof(size), size, $"The pictures' side must be from 1 to {LargestSide} pixels.");
        if (ShortestEdge is not { } edge)
            return this with { Rectangle = Crop is null ? (size, size) : Rectangle is { } r ? (Scaled(r.Height), Scaled(r.Width)) : null, Crop = Crop is null ? null : (size, size) };
        return this with { ShortestEdge = Crop is null ? size : Scaled(edge), Crop = (size, size) };

        int Scaled(int side) => Math.Max(size, (int)Math.Round((double)side * size / Math.Min(Crop!.Value.Height, Crop.Value.Width)));
    }

    private static ImageProcessorConfig Normalized(ImageProcessorSettings settings, double[] mean, double[] deviation, ResampleFilter filter, ImageProcessorConfig size)
    {
        var normalizes = settings.Boolean("do_normalize", true);
        return size with
        {
            Filter = settings.Filter(filter),
            RescaleFactor = settings.Boolean("do_rescale", true) ? settings.Number("rescale_factor", ByteScale) : 1,
            Mean = normalizes ? settings.Channels("image_mean", mean) : [0, 0, 0],
            Deviation = normalizes ? settings.Channels("image_std", deviation) : [1, 1, 1],
        };
    }

    private static ImageProcessorConfig Square(ImageProcessorSettings settings, int fallback)
    {
        if (!settings.Boolean("do_resize", true))
            return new ImageProcessorConfig();
        var size = settings.Size("size", fallback);
        return size.ShortestEdge is { } edge ? new ImageProcessorConfig { ShortestEdge = edge } : new ImageProcessorConfig { Rectangle = size.Rectangle ?? (size.Number, size.Number) };
    }

    private static ImageProcessorConfig Cropped(ImageProcessorSettings settings, int fallback)
    {
        var size = settings.Size("size", fallback);
        var crop = settings.Size("crop_size", 224);
        var resizes = settings.Boolean("do_resize", true);
        return new ImageProcessorConfig
        {
            Rectangle = resizes ? size.Rectangle : null,
            ShortestEdge = resizes && size.Rectangle is null ? size.ShortestEdge ?? size.Number : null,
            Crop = settings.Boolean("do_center_crop", true) ? crop.Rectangle ?? (crop.ShortestEdge ?? crop.Number, crop.ShortestEdge ?? crop.Number) : null,
        };
    }

    // From 384 pixels on the whole picture is squeezed into a square; below, its centre is cut out.
    private static ImageProcessorConfig ConvNext(ImageProcessorSettings settings)
    {
        if (!settings.Boolean("do_resize", true))
            return new ImageProcessorConfig();
        var size = settings.Size("size", 384);
        var edge = size.ShortestEdge ?? size.Rectangle?.Height ?? size.Number;
        var cropShare = settings.Number("crop_pct", 224.0 / 256);
        if (!(cropShare is > 0 and <= 1))
            throw new InvalidDataException($"preprocessor_config.json has crop_pct {cropShare}, but it must be above 0 and at most 1.");
        return edge >= 384
            ? new ImageProcessorConfig { Rectangle = (edge, edge) }
            : new ImageProcessorConfig { ShortestEdge = (int)(edge / cropShare), Crop = (edge, edge) };
    }
}
