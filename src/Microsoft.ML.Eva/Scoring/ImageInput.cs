using System.Text.Json;
using Microsoft.ML.Data;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Data.Images;
using Microsoft.ML.Eva.Tensors;
using Microsoft.ML.Transforms.Image;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Scoring;

/// <summary>
/// A column of pictures: <see cref="MLImage"/> (LoadImages), bytes of picture files (LoadRawImageBytes) or paths. Rows are decoded
/// by worker threads while the cursor moves on.
/// </summary>
internal sealed class ImageInput(string column, string? folder, PictureDecoder decoder, ImagePreprocessor preprocessor) : ModelInput
{
    /// <summary>What <see cref="Accepts"/> wants, for messages.</summary>
    public const string Types = "pictures (MLImage, as LoadImages makes it), bytes of picture files (a vector of Byte) or their paths (text)";

    private const string PreprocessorFile = "preprocessor_config.json";

    /// <summary>The input of a network for pictures, preprocessed as its checkpoint says.</summary>
    /// <param name="network">The network.</param>
    /// <param name="column">The column of pictures.</param>
    /// <param name="folder">The folder that paths start from, or null.</param>
    /// <param name="size">Side of the network's square input instead of the checkpoint's, or null.</param>
    /// <exception cref="ArgumentException">The network is for texts.</exception>
    /// <exception cref="InvalidDataException">The checkpoint's preprocessor_config.json is broken.</exception>
    public static ImageInput Create(Network network, string column, string? folder, int? size)
    {
        var checkpoint = network.Checkpoint;
        if (network.Backbone.MaxTokens is not null)
            throw new ArgumentException($"The checkpoint {checkpoint.Name} is a network for texts, not for pictures.", nameof(EvaLoraImageOptions.Checkpoint));
        return new ImageInput(column, folder, new PictureDecoder(PictureDecoding.AsSeen), CreatePreprocessor(checkpoint, size));
    }

    private static ImagePreprocessor CreatePreprocessor(CheckpointContent checkpoint, int? size)
    {
        if (!checkpoint.Files.TryGetValue(PreprocessorFile, out var bytes))
            return ImagePreprocessor.Create(null, size);
        try
        {
            using var json = UntrustedJson.Parse(bytes);
            return ImagePreprocessor.Create(json.RootElement, size);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{PreprocessorFile} of {checkpoint.Name} is not JSON: {e.Message}", e);
        }
    }

    /// <summary>How pictures become the network's input.</summary>
    public ImagePreprocessor Preprocessor { get; } = preprocessor;

    /// <summary>How picture files are read.</summary>
    public PictureDecoder Decoder { get; } = decoder;

    /// <inheritdoc/>
    public override IReadOnlyList<string> ColumnNames { get; } = [column];

    /// <inheritdoc/>
    public override string AcceptedTypes => Types;

    /// <inheritdoc/>
    public override int RowsAhead => 128; // decoded: 75 MB at 224 pixels

    /// <inheritdoc/>
    public override bool Accepts(DataViewType type) =>
        type is TextDataViewType or ImageDataViewType || (type is VectorDataViewType vector && vector.ItemType == NumberDataViewType.Byte);

    /// <inheritdoc/>
    public override Func<EncodedRow> CreateReader(DataViewRow row)
    {
        var read = CreateSourceReader(row);
        return () =>
        {
            var source = read();
            return new PictureRow(Task.Run(() => Encode(source)));
        };
    }

    /// <summary>A function that takes the picture of the row the cursor stands on, not yet decoded unless it is an <see cref="MLImage"/>.</summary>
    public Func<PictureSource> CreateSourceReader(DataViewRow row)
    {
        var type = FindColumns(row.Schema)[0];
        if (type.Type is TextDataViewType)
        {
            var text = row.GetGetter<ReadOnlyMemory<char>>(type);
            return () => ReadPath(text, row.Position);
        }
        if (type.Type is ImageDataViewType)
        {
            var image = row.GetGetter<MLImage>(type);
            MLImage? last = null;
            return () => ReadImage(image, ref last, row.Position);
        }
        var bytes = row.GetGetter<VBuffer<byte>>(type);
        return () =>
        {
            VBuffer<byte> content = default;
            bytes(ref content);
            return PictureSource.Content([.. content.DenseValues()], Describe(row.Position));
        };
    }

    /// <inheritdoc/>
    public override Batch ToBatch(IReadOnlyList<EncodedRow> rows, Device device)
    {
        var values = new float[checked(rows.Count * Preprocessor.ValueCount)];
        for (var i = 0; i < rows.Count; i++)
            ((PictureRow)rows[i]).Values.GetAwaiter().GetResult().CopyTo(values, i * Preprocessor.ValueCount);
        return new Batch
        {
            Rows = [.. Enumerable.Range(0, rows.Count)],
            Inputs = tensor(values, [rows.Count, 3, Preprocessor.Height, Preprocessor.Width], device: device).DetachFromDisposeScope(),
        };
    }

    private float[] Encode(PictureSource source)
    {
        var values = new float[Preprocessor.ValueCount];
        Preprocessor.Encode(source.Decode(Decoder), source.Name, values);
        return values;
    }

    private PictureSource ReadPath(ValueGetter<ReadOnlyMemory<char>> getter, long position)
    {
        ReadOnlyMemory<char> path = default;
        getter(ref path);
        if (path.Span.IsWhiteSpace())
            throw new InvalidDataException($"{Describe(position)} has no picture: its path is empty.");
        var file = folder is null ? path.ToString() : Path.Combine(folder, path.ToString());
        return PictureSource.File(file, $"{Describe(position)}, file '{file}',");
    }

    // By ML.NET's convention whoever makes pictures frees the last one when it is asked for the next into the same variable;
    // pictures of an in-memory list stay their owner's.
    private PictureSource ReadImage(ValueGetter<MLImage> getter, ref MLImage? image, long position)
    {
        getter(ref image!);
        return image is null
            ? throw new InvalidDataException($"{Describe(position)} has no picture.")
            : PictureSource.Decoded(Decoder.Decode(image, Describe(position)), Describe(position));
    }

    private string Describe(long position) => $"Row {position} of column '{column}'";

    /// <summary>A picture on its way to the network's values.</summary>
    private sealed record PictureRow(Task<float[]> Values) : EncodedRow(Length: 64); // as a text of so many tokens
}
