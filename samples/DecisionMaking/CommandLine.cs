using System.CommandLine;
using DecisionMaking.World;
using GlueClassification;

namespace DecisionMaking;

/// <summary>The options of the command line.</summary>
internal static class CommandLine
{
    private static readonly string[] QuickMethods = ["eva", "lora", "fft"];
    private static readonly string[] AllMethods = ["fft", "lora", "dora", "adalora", "eva", "eva_dora"];

    private static readonly Option<bool> Full = new("--full") { Description = $"Everything: {TableTask.HeldOut.Count} tasks, 3 seeds, the methods {string.Join(", ", AllMethods)}. Without it, a minute or two with one task." };
    private static readonly Option<string?> MethodNames = Create<string?>("--methods", "NAMES", $"Methods with commas between: {string.Join(", ", Methods.Known.Keys)}.");
    private static readonly Option<int?> Tasks = Create<int?>("--tasks", "N", $"The first N held-out tasks, 1 to {TableTask.HeldOut.Count}.");
    private static readonly Option<int?> Seeds = Create<int?>("--seeds", "N", "Seeds per task and method.");
    private static readonly Option<int> Rank = Create("--rank", "N", "The (mean) rank of the adapters.", 8);
    private static readonly Option<double> Rho = Create("--rho", "X", "EVA: how many times the rank a layer may get.", 2.0);
    private static readonly Option<int> Demonstrations = Create("--demonstrations", "N", "Episodes of the expert per held-out task.", 12);
    private static readonly Option<int> Epochs = Create("--epochs", "N", "Epochs of fine-tuning, each of 256 windows.", 16);
    private static readonly Option<double?> LearningRate = Create<double?>("--lr", "X", "The highest learning rate of fine-tuning. Default: 0.004; 0.02 for adalora, 0.0005 for fft.");
    private static readonly Option<int?> PretrainingEpochs = Create<int?>("--pretraining-epochs", "N", "Epochs of pretraining, each of 6,400 windows.");
    private static readonly Option<int?> PretrainingEpisodes = Create<int?>("--pretraining-episodes", "N", "Episodes of the expert per pretraining task.");
    private static readonly Option<int?> TestEpisodes = Create<int?>("--test-episodes", "N", "Episodes that success is counted on.");
    private static readonly Option<string?> Pretrained = Create<string?>("--pretrained", "DIR", "A folder that an earlier run wrote (pretrained/ in its --out): no pretraining.");
    private static readonly Option<string> Out = Create("--out", "DIR", "Where the pretrained policy, the pictures and the table go.", Path.Combine("artifacts", "decisions"));

    /// <summary>Runs what was asked for. Returns the exit code: 0, or 2 where the user has something to put right.</summary>
    public static int Invoke(string[] arguments, Action<Settings> run)
    {
        var command = new RootCommand("Pretrains a Decision Transformer on twelve tasks at a table and fine-tunes it on others with Microsoft.ML.Eva.")
        {
            Full, MethodNames, Tasks, Seeds, Rank, Rho, Demonstrations, Epochs, LearningRate, PretrainingEpochs, PretrainingEpisodes, TestEpisodes, Pretrained, Out,
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
        var isFull = parsed.GetValue(Full);
        var methods = parsed.GetValue(MethodNames) is { } names ? names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) : isFull ? AllMethods : QuickMethods;
        foreach (var name in methods.Where(name => !Methods.Known.ContainsKey(name)))
            throw new UserException($"--methods {name} is unknown. Known are: {string.Join(", ", Methods.Known.Keys)}.");
        return new Settings
        {
            IsFull = isFull,
            Methods = methods,
            Tasks = Check(Tasks, parsed.GetValue(Tasks) ?? (isFull ? TableTask.HeldOut.Count : 1), TableTask.HeldOut.Count),
            Seeds = Check(Seeds, parsed.GetValue(Seeds) ?? (isFull ? 3 : 1), 100),
            Rank = Check(Rank, parsed.GetValue(Rank), 64),
            Rho = parsed.GetValue(Rho),
            Demonstrations = Check(Demonstrations, parsed.GetValue(Demonstrations), 10_000),
            Epochs = Check(Epochs, parsed.GetValue(Epochs), 10_000),
            LearningRate = parsed.GetValue(LearningRate),
            PretrainingEpochs = Check(PretrainingEpochs, parsed.GetValue(PretrainingEpochs) ?? (isFull ? 40 : 20), 10_000),
            PretrainingEpisodes = Check(PretrainingEpisodes, parsed.GetValue(PretrainingEpisodes) ?? (isFull ? 150 : 100), 100_000),
            TestEpisodes = Check(TestEpisodes, parsed.GetValue(TestEpisodes) ?? 50, 100_000),
            PretrainedFolder = parsed.GetValue(Pretrained),
            OutputFolder = parsed.GetRequiredValue(Out),
        };
    }

    private static int Check(Option option, int value, int most) =>
        value >= 1 && value <= most ? value : throw new UserException($"{option.Name} {value} must be from 1 to {most}.");

    private static Option<T> Create<T>(string name, string value, string description) => new(name) { HelpName = value, Description = description };

    private static Option<T> Create<T>(string name, string value, string description, T standard) =>
        new(name) { HelpName = value, Description = description, DefaultValueFactory = _ => standard };
}
