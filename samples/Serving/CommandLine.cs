using System.CommandLine;
using Microsoft.ML.Eva;

namespace Serving;

/// <summary>The options of the command line.</summary>
internal static class CommandLine
{
    private static readonly Option<string[]> Models = Create<string[]>("--model", "NAME=FILE", "A model saved as .zip; its pipeline must read the column Text (and Pair). Several times for several models.", []);
    private static readonly Option<string[]> Adapters = Create<string[]>("--adapter", "NAME=DIR", "An adapter folder of all-MiniLM-L6-v2 with a file classes.txt. All of them share one backbone.", []);
    private static readonly Option<string> Url = Create("--urls", "URL", "Where to listen.", "http://127.0.0.1:5080");
    private static readonly Option<int> Batch = Create("--max-batch", "N", "The most requests scored together.", 32);
    private static readonly Option<double> Wait = Create("--max-wait-ms", "X", "How long a request waits for others, in milliseconds.", 2.0);
    private static readonly Option<int> Queue = Create("--queue", "N", "The most requests that wait; more are answered 503.", 256);
    private static readonly Option<int?> Measure = new("--measure") { HelpName = "SECONDS", Description = "Do not serve: put 64 clients on loopback on each road for so long, and show what came of it." };
    private static readonly Option<int?> Memory = new("--measure-memory") { HelpName = "N", Description = "Do not serve: show what N models of one backbone cost in memory, merged and not." };

    /// <summary>Runs what was asked for. Returns the exit code: 0, or 2 where the user has something to put right.</summary>
    public static int Invoke(string[] arguments, Func<Settings, CancellationToken, Task> run)
    {
        var command = new RootCommand("Serves fine-tuned models over HTTP. Without models it trains two small ones on the repository's sample messages first.")
        {
            Models, Adapters, Url, Batch, Wait, Queue, Measure, Memory,
        };
        command.SetAction((parsed, cancellation) => run(Read(parsed), cancellation));
        try
        {
            return command.Parse(arguments).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (Exception e) when (e is ArgumentException or InvalidDataException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine(e.Message.ReplaceLineEndings(" "));
            return 2;
        }
    }

    private static Settings Read(ParseResult parsed) => new()
    {
        Zips = Pairs(parsed.GetRequiredValue(Models), Models.Name),
        Adapters = Pairs(parsed.GetRequiredValue(Adapters), Adapters.Name),
        Url = parsed.GetRequiredValue(Url),
        Batching = new BatchPredictorOptions
        {
            MaxBatchSize = parsed.GetValue(Batch),
            MaxWait = TimeSpan.FromMilliseconds(parsed.GetValue(Wait)),
            QueueCapacity = parsed.GetValue(Queue),
        },
        MeasureSeconds = parsed.GetValue(Measure),
        MemoryModels = parsed.GetValue(Memory),
    };

    private static Dictionary<string, string> Pairs(string[] values, string option)
    {
        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var value in values)
            if (value.Split('=', 2) is not [{ Length: > 0 } name, { Length: > 0 } path] || !pairs.TryAdd(name, path))
                throw new ArgumentException($"{option} {value} is no NAME=PATH, or its name is taken.");
        return pairs;
    }

    private static Option<T> Create<T>(string name, string value, string description, T standard) =>
        new(name) { HelpName = value, Description = description, DefaultValueFactory = _ => standard };
}
