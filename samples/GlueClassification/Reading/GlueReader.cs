namespace GlueClassification.Reading;

/// <summary>Reads GLUE's TSV files. They know no quoting: a <c>"</c> is a character like any other.</summary>
internal static class GlueReader
{
    public static Dataset Read(string taskName, string? dataFolder)
    {
        var task = GlueTask.Known[taskName];
        if (dataFolder is null)
            throw new UserException($"--task {taskName} also needs --data DIR, the folder that holds {task.Folder} and GLUE's other folders.");
        var folder = Path.Combine(dataFolder, task.Folder);
        if (!Directory.Exists(folder))
            throw new UserException($"--data: there is no folder {folder}.");
        var development = ReadRows(Path.Combine(folder, "dev.tsv"), task);
        var trainFile = Path.Combine(folder, "train.tsv");
        if (File.Exists(trainFile))
            return new Dataset(taskName, ReadRows(trainFile, task), development, Validation: null, task.Pair is not null) { IsRegression = task.IsRegression };

        // QNLI's training file is large and often left out: four fifths of the development rows stand in.
        var cut = development.Count * 4 / 5;
        return new Dataset(taskName, [.. development.Take(cut)], [.. development.Skip(cut)], Validation: null, task.Pair is not null);
    }

    private static List<Example> ReadRows(string path, GlueTask task)
    {
        if (!File.Exists(path))
            throw new UserException($"There is no file {path}.");
        var lines = File.ReadLines(path).Select((line, index) => (Fields: line.Split('\t'), Number: index + 1));
        var header = task.Columns ?? lines.FirstOrDefault().Fields ?? [];
        var text = ColumnIndex(header, task.Text, path);
        var pair = task.Pair is null ? -1 : ColumnIndex(header, task.Pair, path);
        var label = ColumnIndex(header, task.Label, path);

        var rows = new List<Example>();
        foreach (var (fields, number) in lines.Skip(task.Columns is null ? 1 : 0))
        {
            if (fields is [var only] && string.IsNullOrWhiteSpace(only))
                continue;
            if (fields.Length != header.Length)
                throw new UserException($"{path}, line {number}: {fields.Length} fields separated by tabs, but the others have {header.Length}.");
            rows.Add(new Example { Text = fields[text], Pair = pair < 0 ? "" : fields[pair], Label = fields[label] });
        }
        return rows.Count > 0 ? rows : throw new UserException($"{path} has no rows.");
    }

    private static int ColumnIndex(string[] header, string name, string path)
    {
        var index = Array.IndexOf(header, name);
        return index >= 0 ? index : throw new UserException($"{path} has no column '{name}'; its first line has: {string.Join(", ", header)}.");
    }
}
