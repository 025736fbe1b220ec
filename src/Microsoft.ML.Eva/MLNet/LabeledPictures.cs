using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Data.Images;
using Microsoft.ML.Eva.Scoring;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.MLNet;

/// <summary>Labelled pictures: paths and bytes are kept as they are and decoded when a batch needs them, <c>MLImage</c>s as pixels.</summary>
internal sealed class LabeledPictures(ImageInput input, ImageAugmentationOptions? augmentation, bool skipsBroken) : LabeledRows(input)
{
    private const int ErrorsInWarning = 3;
    private const int CheckedTogether = 256; // pictures between two looks at whether the user still waits

    private readonly ImagePipeline _pipeline = new(input.Decoder, input.Preprocessor, augmentation);
    private readonly List<(PictureSource Picture, int Label)> _read = [];
    private readonly List<PictureSource> _pictures = [];
    private readonly List<string> _errors = [];

    /// <inheritdoc/>
    public override int Count => _pictures.Count;

    /// <inheritdoc/>
    public override int Unreadable => _errors.Count;

    /// <inheritdoc/>
    public override IEnumerable<string> Warnings(string what) => Unreadable == 0
        ? base.Warnings(what)
        : base.Warnings(what).Append($"{Unreadable} of {Unreadable + Count} {what} pictures cannot be read and were left out: {string.Join(" ", _errors.Take(ErrorsInWarning))}{(Unreadable > ErrorsInWarning ? " …" : "")}");

    /// <inheritdoc/>
    public override IBatchSource CreateSource(Device device, int[]? subset = null) => new ImageBatchSource(_pictures, _pipeline, device, Labels, subset);

    /// <inheritdoc/>
    protected override Action<int> CreateReader(DataViewRow row)
    {
        var read = input.CreateSourceReader(row);
        return label =>
        {
            try
            {
                _read.Add((read(), label));
            }
            catch (InvalidDataException e) when (skipsBroken)
            {
                _errors.Add(e.Message);
            }
        };
    }

    /// <inheritdoc/>
    protected override void Complete(Action checkAlive)
    {
        foreach (var rows in _read.Chunk(CheckedTogether))
        {
            checkAlive();
            var errors = skipsBroken ? rows.AsParallel().AsOrdered().Select(row => ErrorOf(row.Picture)).ToArray() : new string?[rows.Length];
            for (var i = 0; i < rows.Length; i++)
                Keep(rows[i], errors[i]);
        }
        _read.Clear();
    }

    private void Keep((PictureSource Picture, int Label) row, string? error)
    {
        if (error is not null)
        {
            _errors.Add(error);
            return;
        }
        _pictures.Add(row.Picture);
        Labels.Add(row.Label);
    }

    // The whole way to the network's values, since a picture may be sound and still too thin to be resized.
    private string? ErrorOf(PictureSource picture)
    {
        try
        {
            input.Preprocessor.Encode(picture.Decode(input.Decoder), picture.Name, new float[input.Preprocessor.ValueCount]);
            return null;
        }
        catch (InvalidDataException e)
        {
            return e.Message;
        }
    }
}
