using GlueClassification;
using GlueClassification.Reading;

namespace TextGeneration.Reading;

/// <summary>Rows to train on, and rows to test on, in which a meaning comes with several sentences.</summary>
internal sealed record Dataset(string Name, IReadOnlyList<Utterance> Train, IReadOnlyList<Utterance>? Validation, IReadOnlyList<Utterance> Test)
{
    /// <summary>The meanings to test on, each once, in the order of the rows.</summary>
    public IReadOnlyList<Utterance> Meanings { get; } = [.. Test.DistinctBy(row => row.Meaning)];

    /// <summary>For each of <see cref="Meanings"/> all sentences that people said for it.</summary>
    public IReadOnlyList<string[]> References { get; } = [.. Test.GroupBy(row => row.Meaning).Select(rows => rows.Select(row => row.Sentence).ToArray())];

    /// <summary>E2E's files if a folder was named, else our own places.</summary>
    public static Dataset Read(Settings settings)
    {
        if (settings.TrainRows < 1 || settings.TestRows < 1)
            throw new UserException("--train-rows and --test-rows must be at least 1.");
        var (name, train, validation, test) = settings.DataFolder is { } folder ? ReadE2E(folder) : OwnPlaces(settings.Seed);
        var meanings = test.Select(row => row.Meaning).Distinct().Take(settings.TestRows ?? int.MaxValue).ToHashSet();
        return new Dataset(name, [.. train.Take(settings.TrainRows ?? int.MaxValue)], validation, [.. test.Where(row => meanings.Contains(row.Meaning))]);
    }

    private static (string, IReadOnlyList<Utterance>, IReadOnlyList<Utterance>?, IReadOnlyList<Utterance>) OwnPlaces(int seed)
    {
        var (train, test) = PlaceBook.Write(seed);
        return ("places", train, null, test);
    }

    private static (string, IReadOnlyList<Utterance>, IReadOnlyList<Utterance>?, IReadOnlyList<Utterance>) ReadE2E(string folder)
    {
        if (!Directory.Exists(folder))
            throw new UserException($"There is no folder {folder}.");
        var validation = Path.Combine(folder, "devset.csv");
        return ("E2E", ReadTable(Path.Combine(folder, "trainset.csv")), File.Exists(validation) ? ReadTable(validation) : null, ReadTable(Path.Combine(folder, "testset_w_refs.csv")));
    }

    private static List<Utterance> ReadTable(string path) =>
        [.. TableReader.Read(path, "mr", null, "ref").Select(row => new Utterance { Meaning = row.Text, Sentence = row.Label })];
}
