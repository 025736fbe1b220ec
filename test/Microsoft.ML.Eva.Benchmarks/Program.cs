using System.CommandLine;
using System.Text.Json;
using BenchmarkDotNet.Running;
using Microsoft.ML.Eva;
using Microsoft.ML.Eva.Benchmarks;

var suites = new Dictionary<string, Func<SuiteSettings, object>>
{
    ["gemm"] = GemmSuite.Run,
    ["batch-size"] = BatchSizeSuite.Run,
    ["infer"] = InferSuite.Run,
    ["train-step"] = TrainStepSuite.Run,
    ["epoch"] = EpochSuite.Run,
    ["memory"] = MemorySuite.Run,
    ["scale"] = ScaleSuite.Run,
    ["startup"] = StartupSuite.Run,
    ["eva-init"] = EvaInitSuite.Run,
    ["width"] = WidthSuite.Run,
    ["sweep"] = SweepSuite.Run,
    ["images"] = ImageSuite.Run,
    ["generate"] = GenerateSuite.Run,
};
if (args is [StartupSuite.Predict or StartupSuite.Read or StartupSuite.Weigh, var model])
{
    StartupSuite.RunChild(args[0], model);
    return 0;
}
// Without --suite the arguments are BenchmarkDotNet's.
if (!args.Contains("--suite"))
{
    BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
    return 0;
}

var suiteOption = new Option<string>("--suite") { HelpName = "NAME", Description = $"What to measure: {string.Join(", ", suites.Keys)}.", Required = true };
suiteOption.AcceptOnlyFromAmong([.. suites.Keys]);
var texts = new Option<string?>("--texts") { HelpName = "FILE", Description = "Texts to run on, the first column of a .csv or .tsv with a header. Default: the customer messages of the sample." };
var repeats = new Option<int>("--repeats") { HelpName = "N", Description = "How often each thing is timed; medians are reported.", DefaultValueFactory = _ => 5 };
var clock = new Option<string>("--clock") { HelpName = "wall|cpu", Description = "Seconds on the wall, or processor seconds of this process: for one thread on a machine that does other work, too.", DefaultValueFactory = _ => "wall" };
clock.AcceptOnlyFromAmong("wall", "cpu");
var rows = new Option<int?>("--rows") { HelpName = "N", Description = "Only the first N texts; for sweep: rows to train on, default 240." };
var ranks = new Option<int[]>("--ranks") { HelpName = "N", Description = "For eva-init: the ranks.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [4, 8, 16, 32] };
var rhos = new Option<double[]>("--rhos") { HelpName = "X", Description = "For eva-init: the values of rho.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [1, 2] };
var batches = new Option<int[]>("--batches") { HelpName = "N", Description = "For eva-init: rows in a batch.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [32, 4] };
var agreement = new Option<bool>("--agreement") { Description = "For eva-init: compare with the components of all rows, too." };
var precision = new Option<ComputePrecision>("--precision") { Description = "For epoch, eva-init and width: in which numbers to multiply." };
var maxTokens = new Option<int>("--max-tokens") { HelpName = "N", Description = "The most tokens of a row.", DefaultValueFactory = _ => 128 };
var lengths = new Option<int[]?>("--lengths") { HelpName = "N", Description = "Two numbers: instead of the texts themselves, texts of so many to so many words made from them.", AllowMultipleArgumentsPerToken = true };
var json = new Option<string?>("--json") { HelpName = "FILE", Description = "Where the result goes, as JSON." };

Microsoft.ML.Eva.Tensors.NativeTorch.EnsureLoaded();
var command = new RootCommand("Measures Microsoft.ML.Eva.") { suiteOption, texts, rows, lengths, maxTokens, repeats, clock, ranks, rhos, batches, agreement, precision, json };
command.SetAction(parsed =>
{
    var suite = parsed.GetRequiredValue(suiteOption);
    var path = parsed.GetValue(texts) ?? Path.Combine(AppContext.BaseDirectory, "data", "intents-train.csv");
    var all = SuiteTexts.Read(path);
    var count = suite == "sweep" ? all.Count : parsed.GetValue(rows) ?? all.Count; // the sweep chooses its rows itself
    var settings = new SuiteSettings(
        parsed.GetValue(lengths) is { Length: 2 } range ? SuiteTexts.OfLengths(all, range[0], range[1], count) : [.. all.Take(count)],
        parsed.GetRequiredValue(repeats),
        parsed.GetRequiredValue(clock) == "cpu")
    {
        Labels = suite == "sweep" ? SuiteTexts.Read(path, column: 1) : [],
        Rows = parsed.GetValue(rows) ?? 240,
        MaxTokens = parsed.GetRequiredValue(maxTokens),
        Ranks = parsed.GetRequiredValue(ranks),
        Rhos = parsed.GetRequiredValue(rhos),
        BatchSizes = parsed.GetRequiredValue(batches),
        Precision = parsed.GetValue(precision),
        ComparesWithAllRows = parsed.GetValue(agreement),
    };
    var result = JsonSerializer.Serialize(
        suites[suite](settings), new JsonSerializerOptions { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower });
    Console.WriteLine(result);
    if (parsed.GetValue(json) is { } file)
        File.WriteAllText(file, result);
});
return command.Parse(args).Invoke();
