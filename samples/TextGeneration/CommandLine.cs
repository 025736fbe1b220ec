using System.CommandLine;
using GlueClassification;

namespace TextGeneration;

/// <summary>The options of the command line, in the words of the other samples.</summary>
internal static class CommandLine
{
    private static readonly Option<string?> Data = Create<string?>("--data", "DIR", "A folder with E2E's files trainset.csv, devset.csv and testset_w_refs.csv (columns mr and ref). Default: places of our own.");
    private static readonly Option<string?> Model = Create<string?>("--model", "DIR", "The folder of a GPT-2 checkpoint. Default: a small GPT-2 that is pretrained on the sentences first.");
    private static readonly Option<string> Method = Create("--method", "NAME", $"How to adapt it: {string.Join(", ", Methods.Known.Keys)}.", "eva");
    private static readonly Option<int> Rank = Create("--rank", "N", "The (mean) rank of the adapters.", 16);
    private static readonly Option<double?> Alpha = Create<double?>("--alpha", "X", "The numerator of the scaling alpha / rank. Default: the rank.");
    private static readonly Option<double> Rho = Create("--rho", "X", "EVA: how many times the rank a layer may get.", 2.0);
    private static readonly Option<double?> LearningRate = Create<double?>("--lr", "X", "The highest learning rate. Default: 0.01 for the small GPT-2, else 0.0002.");
    private static readonly Option<int?> Epochs = Create<int?>("--epochs", "N", "Passes over the training rows. Default: 12 for our own places, else 5.");
    private static readonly Option<int> Batch = Create("--batch", "N", "Rows per step.", 16);
    private static readonly Option<int> MaxLength = Create("--max-length", "N", "The most tokens of a meaning with its sentence, of which half are for what is written.", 128);
    private static readonly Option<int?> TrainRows = Create<int?>("--train-rows", "N", "Train on the first N rows only.");
    private static readonly Option<int?> TestRows = Create<int?>("--test-rows", "N", "Write sentences for the first N meanings of the test rows only.");
    private static readonly Option<int> Beams = Create("--beams", "N", "Beams of the search for the best sentence; 1 takes the best token each time.", 4);
    private static readonly Option<int> Seed = Create("--seed", "N", "The same seed gives the same model.", 1);
    private static readonly Option<int?> Gpu = Create<int?>("--gpu", "N", "The number of a CUDA device (build with -p:TorchBackend=cuda). Default: the CPU.");
    private static readonly Option<string?> Save = Create<string?>("--save", "FILE", "Where the model goes, a .zip. Default for our own places: artifacts/places.zip.");
    private static readonly Option<string?> Onnx = Create<string?>("--onnx", "DIR", "Where the model goes for ONNX Runtime, with a key/value cache; docs/onnx.md tells how to run it.");
    private static readonly Option<string?> Json = Create<string?>("--json", "FILE", "Where the result goes, as JSON.");

    /// <summary>Runs what was asked for. Returns the exit code: 0, or 2 where the user has something to put right.</summary>
    public static int Invoke(string[] arguments, Action<Settings> run)
    {
        var command = new RootCommand("Fine-tunes GPT-2 with Microsoft.ML.Eva to say in a sentence what a meaning representation means.")
        {
            Data, Model, Method, Rank, Alpha, Rho, LearningRate, Epochs, Batch, MaxLength, TrainRows, TestRows, Beams, Seed, Gpu, Save, Onnx, Json,
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
        var isOwn = parsed.GetValue(Data) is null;
        return new Settings
        {
            DataFolder = parsed.GetValue(Data),
            Model = parsed.GetValue(Model),
            Method = parsed.GetRequiredValue(Method),
            Rank = parsed.GetValue(Rank),
            Alpha = parsed.GetValue(Alpha) ?? parsed.GetValue(Rank),
            Rho = parsed.GetValue(Rho),
            LearningRate = parsed.GetValue(LearningRate) ?? (parsed.GetValue(Model) is null ? 1e-2 : 2e-4),
            Epochs = parsed.GetValue(Epochs) ?? (isOwn ? 12 : 5),
            BatchSize = parsed.GetValue(Batch),
            MaxLength = parsed.GetValue(MaxLength),
            TrainRows = parsed.GetValue(TrainRows),
            TestRows = parsed.GetValue(TestRows),
            Beams = parsed.GetValue(Beams),
            Seed = parsed.GetValue(Seed),
            Gpu = parsed.GetValue(Gpu),
            SavePath = parsed.GetValue(Save) ?? (isOwn ? Path.Combine("artifacts", "places.zip") : null),
            OnnxFolder = parsed.GetValue(Onnx),
            JsonPath = parsed.GetValue(Json),
        };
    }

    private static Option<T> Create<T>(string name, string value, string description) => new(name) { HelpName = value, Description = description };

    private static Option<T> Create<T>(string name, string value, string description, T standard) =>
        new(name) { HelpName = value, Description = description, DefaultValueFactory = _ => standard };
}
