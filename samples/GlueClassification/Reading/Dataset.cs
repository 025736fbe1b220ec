namespace GlueClassification.Reading;

/// <summary>The rows of a task.</summary>
/// <param name="Name">What messages call it.</param>
/// <param name="Train">Rows to train on.</param>
/// <param name="Test">Rows to measure on.</param>
/// <param name="Validation">Rows to find the best epoch on; null: the last epoch is kept.</param>
/// <param name="HasPairs">Whether a row has two texts.</param>
internal sealed record Dataset(
    string Name,
    IReadOnlyList<Example> Train,
    IReadOnlyList<Example> Test,
    IReadOnlyList<Example>? Validation,
    bool HasPairs)
{
    /// <summary>Whether the labels are numbers.</summary>
    public bool IsRegression { get; init; }

    /// <summary>Reads the task that the command line names, and the part of its training rows that it asks for.</summary>
    public static Dataset Read(Settings settings)
    {
        var dataset = settings.Task switch
        {
            "intents" => ReadIntents(),
            "file" => ReadFiles(settings),
            _ => GlueReader.Read(settings.Task, settings.DataFolder),
        };
        return dataset with { Train = Pick(dataset.Train, settings.Every, settings.TrainRows) };
    }

    /// <summary>Rows 0, every, 2·every, …; the first <paramref name="limit"/> of these.</summary>
    private static Example[] Pick(IReadOnlyList<Example> rows, int every, int? limit)
    {
        if (every < 1)
            throw new UserException($"--every is {every}, but must be at least 1.");
        if (limit < 1)
            throw new UserException($"--train-rows is {limit}, but must be at least 1.");
        return [.. rows.Where((_, index) => index % every == 0).Take(limit ?? int.MaxValue)];
    }

    private static Dataset ReadIntents()
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "data");
        return new Dataset(
            "intents",
            TableReader.Read(Path.Combine(folder, "intents-train.csv"), "Text", null, "Intent"),
            TableReader.Read(Path.Combine(folder, "intents-test.csv"), "Text", null, "Intent"),
            Validation: null,
            HasPairs: false);
    }

    private static Dataset ReadFiles(Settings settings)
    {
        var train = settings.TrainFile ?? throw Missing("--train", "FILE");
        var test = settings.TestFile ?? throw Missing("--test", "FILE");
        var text = settings.TextColumn ?? throw Missing("--text", "NAME");
        var label = settings.LabelColumn ?? throw Missing("--label", "NAME");
        IReadOnlyList<Example> ReadRows(string path) => TableReader.Read(path, text, settings.PairColumn, label);
        return new Dataset(
            Path.GetFileNameWithoutExtension(train),
            ReadRows(train),
            ReadRows(test),
            settings.ValidationFile is { } validation ? ReadRows(validation) : null,
            HasPairs: settings.PairColumn is not null);

        static UserException Missing(string option, string value) => new($"--task file also needs {option} {value}.");
    }
}
