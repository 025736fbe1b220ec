using System.Text.Json;

namespace Microsoft.ML.Eva.Data.Images;

/// <summary>
/// From a decoded picture to the network's input, as the checkpoint's image processor in Python makes it: resize, crop around
/// the centre with zeros outside, rescale, normalise. Changes nothing, so many threads may use one.
/// </summary>
internal sealed class ImagePreprocessor
{
    private const int Levels = 256;

    private readonly ImageProcessorConfig _config;
    private readonly float[] _values; // what each byte becomes, by channel

    private ImagePreprocessor(ImageProcessorConfig config, (int Height, int Width) size)
    {
        (_config, Height, Width) = (config, size.Height, size.Width);
        _values = new float[3 * Levels];
        for (var i = 0; i < _values.Length; i++)
        {
            // The product in double, the rest in float, as numpy does it.
            var rescaled = (float)(i % Levels * config.RescaleFactor);
            _values[i] = (rescaled - (float)config.Mean[i / Levels]) / (float)config.Deviation[i / Levels];
        }
    }

    /// <summary>Rows of the network's input.</summary>
    public int Height { get; }

    /// <summary>Columns of the network's input.</summary>
    public int Width { get; }

    /// <summary>Number of values of one picture: 3·height·width.</summary>
    public int ValueCount => 3 * Height * Width;

    /// <summary>Reads the settings.</summary>
    /// <param name="preprocessorConfig">The root object of preprocessor_config.json; null: the usual settings of DINOv2.</param>
    /// <param name="size">Side of the network's square input instead of what the file says, or null.</param>
    /// <exception cref="InvalidDataException">The file asks for what is impossible or unknown.</exception>
    public static ImagePreprocessor Create(JsonElement? preprocessorConfig, int? size = null)
    {
        var config = preprocessorConfig is { } root ? ImageProcessorConfig.Read(root) : ImageProcessorConfig.Default;
        if (size is { } side)
            config = config.WithSize(side);
        return new ImagePreprocessor(config, config.OutputSize ?? throw new InvalidDataException(
            "preprocessor_config.json leaves pictures of different sizes, which cannot stand in one batch; set the pictures' size in the options."));
    }

    /// <summary>The settings as a preprocessor_config.json, for whoever makes the same input elsewhere.</summary>
    public byte[] ToJson() => _config.ToJson();

    /// <summary>Writes the picture's values, channel by channel.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="source">What messages call it.</param>
    /// <param name="destination"><see cref="ValueCount"/> values: [3, height, width].</param>
    /// <exception cref="InvalidDataException">The picture is too thin to be resized.</exception>
    public void Encode(Picture picture, string source, Span<float> destination)
    {
        var (width, height) = ResizedSize(picture, source);
        // May be negative: then the picture is smaller than the crop, and zeros surround it.
        var (left, top) = ((width - Width) >> 1, (height - Height) >> 1);
        var window = new PictureRegion(Math.Max(0, left), Math.Max(0, top), Math.Min(Width, width), Math.Min(Height, height));
        var resized = PictureResizer.Resize(picture, PictureRegion.Whole(picture), width, height, _config.Filter, window);
        if (window.Width < Width || window.Height < Height)
            resized = Surrounded(resized, Math.Max(0, -left), Math.Max(0, -top));
        Normalize(resized, destination);
    }

    /// <summary>Resizes a region to the network's input with the checkpoint's filter, for augmentation.</summary>
    public Picture Fit(Picture picture, PictureRegion region) =>
        PictureResizer.Resize(picture, region, Width, Height, _config.Filter, new PictureRegion(0, 0, Width, Height));

    /// <summary>Rescales and normalises a picture of the network's input size.</summary>
    public void Normalize(Picture fitting, Span<float> destination)
    {
        if (fitting.Width != Width || fitting.Height != Height || destination.Length != ValueCount)
            throw new ArgumentException($"A picture of {fitting.Width}×{fitting.Height} pixels and {destination.Length} values do not go together with an input of {Width}×{Height} pixels.", nameof(fitting));
        var pixels = fitting.Pixels;
        var plane = Width * Height;
        for (var channel = 0; channel < 3; channel++)
        {
            var values = _values.AsSpan(channel * Levels, Levels);
            var to = destination.Slice(channel * plane, plane);
            for (var i = 0; i < to.Length; i++)
                to[i] = values[pixels[(i * Picture.BytesPerPixel) + channel]];
        }
    }

    private (int Width, int Height) ResizedSize(Picture picture, string source)
    {
        if (_config.Rectangle is { } rectangle)
            return (rectangle.Width, rectangle.Height);
        if (_config.ShortestEdge is not { } edge)
            return (picture.Width, picture.Height);
        var (shorter, longer) = (Math.Min(picture.Width, picture.Height), Math.Max(picture.Width, picture.Height));
        var exact = (double)((long)edge * longer) / shorter;
        if (exact > int.MaxValue)
            throw new InvalidDataException($"{source} has {picture.Width}×{picture.Height} pixels and is too thin to be resized to a shorter edge of {edge}.");
        var newLonger = (int)exact;
        return picture.Width <= picture.Height ? (edge, newLonger) : (newLonger, edge);
    }

    private Picture Surrounded(Picture picture, int left, int top)
    {
        var result = Picture.Black(Width, Height);
        for (var y = 0; y < picture.Height; y++)
            picture.Row(y).CopyTo(result.Row(top + y)[(left * Picture.BytesPerPixel)..]);
        return result;
    }
}
