using GlueClassification;

namespace ImageClassification.Reading;

/// <summary>The pictures of a folder with train/, val/ and test/, each of which has a folder per class.</summary>
internal sealed record PictureFolders(string Name, IReadOnlyList<Example> Train, IReadOnlyList<Example>? Validation, IReadOnlyList<Example> Test)
{
    private static readonly string[] Endings = [".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp"];

    /// <summary>Reads the names of the files, not the files.</summary>
    public static PictureFolders Read(string folder, Settings settings)
    {
        if (!Directory.Exists(folder))
            throw new UserException($"There is no folder {folder}.");
        if (settings.Every < 1 || settings.TrainRows < 1)
            throw new UserException("--every and --train-rows must be at least 1.");
        var train = ReadPart(folder, "train", isNeeded: true)!.Where((_, i) => i % settings.Every == 0).Take(settings.TrainRows ?? int.MaxValue);
        return new PictureFolders(Path.GetFileName(Path.TrimEndingDirectorySeparator(folder)), [.. train], ReadPart(folder, "val", isNeeded: false), ReadPart(folder, "test", isNeeded: true)!);
    }

    // The classes in turn, so that the first pictures are of all classes.
    private static List<Example>? ReadPart(string folder, string part, bool isNeeded)
    {
        var path = Path.Combine(folder, part);
        if (!Directory.Exists(path))
            return isNeeded ? throw new UserException($"{folder} has no folder {part} with a folder of pictures per class.") : null;
        var examples = Directory.GetDirectories(path).Order(StringComparer.Ordinal).SelectMany(ReadClass)
            .OrderBy(example => example.Place).Select(example => example.Example).ToList();
        return examples.Count > 0 ? examples : throw new UserException($"{path} has no folder with pictures ({string.Join(", ", Endings)}).");
    }

    private static IEnumerable<(int Place, Example Example)> ReadClass(string folder) => Directory.GetFiles(folder)
        .Where(file => Endings.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase))
        .Order(StringComparer.Ordinal)
        .Select((file, place) => (place, new Example { Image = Path.GetFullPath(file), Label = Path.GetFileName(folder) }));
}
