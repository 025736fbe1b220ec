using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Data.Images;
using Microsoft.ML.Eva.MLNet.Targets;
using Microsoft.ML.Eva.Scoring;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.MLNet;

/// <summary>Labelled pictures: paths and bytes are kept as they are and decoded when a batch needs them, <c>MLImage</c>s as pixels.</summary>
internal sealed class LabeledPictures(ImageInput input, LabelCollector labels, ImageAugmentationOptions? augmentation, bool skipsBroken) : LabeledRows(input, labels)
{
    private const int ErrorsInWarning = 3;
    private const int CheckedTogether = 256; // pictures between two looks at whether the user still waits

    private readonly ImagePipeline _pipeline = new(input.Decoder, input.Preprocessor, augmentation);
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
    public override IBatchSource CreateSource(Device device, bool isTraining, int[]? subset = null) => new ImageBatchSource(_pictures, _pipeline, device, Labels, isTraining ? Weights?.Values : null, subset);

    /// <inheritdoc/>
    protected override Func<bool> CreateReader(DataViewRow row)
    {
        var read = input.CreateSourceReader(row);
        return () =>
        {
            try
            {
                _pictures.Add(read());
                return true;
            }
            catch (InvalidDataException e) when (skipsBroken)
            {
                _errors.Add(e.Message);
                return false;
            }
        };
    }

    /// <inheritdoc/>
    protected override void Complete(Action checkAlive)
    {
        if (!skipsBroken)
            return;
        var sound = new List<int>(_pictures.Count);
        foreach (var rows in Enumerable.Range(0, _pictures.Count).Chunk(CheckedTogether))
        {
            checkAlive();
            var errors = rows.AsParallel().AsOrdered().Select(row => ErrorOf(_pictures[row])).ToArray();
            sound.AddRange(rows.Where((_, i) => errors[i] is null));
            _errors.AddRange(errors.OfType<string>());
        }
        if (sound.Count == _pictures.Count)
            return;
        PictureSource[] kept = [.. sound.Select(row => _pictures[row])];
        _pictures.Clear();
        _pictures.AddRange(kept);
        Retain(sound);
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
