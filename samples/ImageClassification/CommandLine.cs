using System.CommandLine;
using GlueClassification;
using Microsoft.ML.Eva;

namespace ImageClassification;

/// <summary>The options of the command line, in the words of the Python scripts that the results are compared with.</summary>
internal static class CommandLine
{
    private static readonly Option<string?> Data = Create<string?>("--data", "DIR", "The folder with train/, val/ (may be missing) and test/, each with a folder per class. Default: pictures that this program draws.");
    private static readonly Option<string> Model = Create("--model", "NAME|DIR", "resnet18 (comes with NuGet), or the folder of a checkpoint.", "resnet18");
    private static readonly Option<int?> Size = Create<int?>("--size", "N", "Side of the square that the network sees. Default: the checkpoint's; 96 for the drawn pictures.");
    private static readonly Option<bool> Augment = Create("--augment", "BOOL", "Whether training pictures are cropped at random and mirrored.", true);
    private static readonly Option<bool> SkipBroken = Create("--skip-broken", "BOOL", "Whether training pictures that cannot be read are left out.", false);
    private static readonly Option<string> Method = Create("--method", "NAME", $"How to adapt it: {string.Join(", ", Methods.Known.Keys)}.", "eva");
    private static readonly Option<int> Rank = Create("--rank", "N", "The (mean) rank of the adapters.", 8);
    private static readonly Option<double?> Alpha = Create<double?>("--alpha", "X", "The numerator of the scaling alpha / rank. Default: the rank.");
    private static readonly Option<double> Rho = Create("--rho", "X", "EVA: how many times the rank a layer may get.", 2.0);
    private static readonly Option<EvaWhitening?> Whitening = Create<EvaWhitening?>("--whitening", "NAME", $"EVA: how components are scaled: {string.Join(", ", Enum.GetNames<EvaWhitening>())}. Default: the library's, UnitVariance.");
    private static readonly Option<double> LearningRate = Create("--lr", "X", "The highest learning rate.", 1e-3);
    private static readonly Option<double?> HeadLearningRate = Create<double?>("--head-lr", "X", "The highest learning rate of the head. Default: that of --lr.");
    private static readonly Option<int> Epochs = Create("--epochs", "N", "Passes over the training pictures.", 5);
    private static readonly Option<int> Batch = Create("--batch", "N", "Pictures per step.", 16);
    private static readonly Option<int?> TrainRows = Create<int?>("--train-rows", "N", "Train on the first N pictures only, of all classes in turn.");
    private static readonly Option<int> Every = Create("--every", "N", "Train on the pictures 0, N, 2N, ... only.", 1);
    private static readonly Option<string> Head = Create("--head", "NAME", "How the last layer becomes one vector: auto, mean, cls or pooler.", "auto");
    private static readonly Option<double?> Dropout = Create<double?>("--dropout", "X", "Dropout in the network. Default: the checkpoint's.");
    private static readonly Option<ComputePrecision> Precision = Create("--precision", "NAME", "In which numbers training multiplies: float32, or bfloat16 (about twice as fast where the processor or GPU can do it).", ComputePrecision.Float32);
    private static readonly Option<int> Seed = Create("--seed", "N", "The same seed gives the same model.", 1);
    private static readonly Option<int?> Gpu = Create<int?>("--gpu", "N", "The number of a CUDA device (build with -p:TorchBackend=cuda). Default: the CPU.");
    private static readonly Option<string?> Save = Create<string?>("--save", "FILE", "Where the model goes, a .zip; the picture of its ranks goes beside it. Default for the drawn pictures: artifacts/signs.zip.");
    private static readonly Option<string?> Sheet = Create<string?>("--sheet", "FILE", "Where a sheet of test pictures with their predictions goes, a .png. Default for the drawn pictures: artifacts/signs-sheet.png.");
    private static readonly Option<string?> Json = Create<string?>("--json", "FILE", "Where the result goes, as JSON.");

    /// <summary>Runs what was asked for. Returns the exit code: 0, or 2 where the user has something to put right.</summary>
    public static int Invoke(string[] arguments, Action<Settings> run)
    {
        var command = new RootCommand("Fine-tunes a pretrained network to classify pictures with Microsoft.ML.Eva.")
        {
            Data, Model, Size, Augment, SkipBroken, Method, Rank, Alpha, Rho, Whitening, LearningRate, HeadLearningRate, Epochs, Batch, TrainRows, Every, Head,
            Dropout, Precision, Seed, Gpu, Save, Sheet, Json,
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
        var head = parsed.GetRequiredValue(Head);
        if (!Enum.TryParse<HeadKind>(head, ignoreCase: true, out var headKind) || !Enum.IsDefined(headKind))
            throw new UserException($"--head {head} is unknown. Known are: auto, mean, cls, pooler.");
        var draws = parsed.GetValue(Data) is null;
        return new Settings
        {
            DataFolder = parsed.GetValue(Data),
            Model = parsed.GetRequiredValue(Model),
            Size = parsed.GetValue(Size) ?? (draws ? 96 : null),
            Augments = parsed.GetValue(Augment),
            SkipsBroken = parsed.GetValue(SkipBroken),
            Method = parsed.GetRequiredValue(Method),
            Rank = parsed.GetValue(Rank),
            Alpha = parsed.GetValue(Alpha) ?? parsed.GetValue(Rank),
            Rho = parsed.GetValue(Rho),
            Whitening = parsed.GetValue(Whitening),
            LearningRate = parsed.GetValue(LearningRate),
            HeadLearningRate = parsed.GetValue(HeadLearningRate),
            Epochs = parsed.GetValue(Epochs),
            BatchSize = parsed.GetValue(Batch),
            TrainRows = parsed.GetValue(TrainRows),
            Every = parsed.GetValue(Every),
            Head = headKind,
            Dropout = parsed.GetValue(Dropout),
            Precision = parsed.GetValue(Precision),
            Seed = parsed.GetValue(Seed),
            Gpu = parsed.GetValue(Gpu),
            SavePath = parsed.GetValue(Save) ?? (draws ? Path.Combine("artifacts", "signs.zip") : null),
            SheetPath = parsed.GetValue(Sheet) ?? (draws ? Path.Combine("artifacts", "signs-sheet.png") : null),
            JsonPath = parsed.GetValue(Json),
        };
    }

    private static Option<T> Create<T>(string name, string value, string description) => new(name) { HelpName = value, Description = description };

    private static Option<T> Create<T>(string name, string value, string description, T standard) =>
        new(name) { HelpName = value, Description = description, DefaultValueFactory = _ => standard };
}
