using System.CommandLine;
using System.Text.Json;
using BenchmarkDotNet.Running;
using Microsoft.ML.Eva.Benchmarks;

var suites = new Dictionary<string, Func<SuiteSettings, object>>
{
    ["gemm"] = GemmSuite.Run,
    ["infer"] = InferSuite.Run,
    ["train-step"] = TrainStepSuite.Run,
    ["eva-init"] = EvaInitSuite.Run,
};
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
var json = new Option<string?>("--json") { HelpName = "FILE", Description = "Where the result goes, as JSON." };

Microsoft.ML.Eva.Tensors.NativeTorch.EnsureLoaded();
var command = new RootCommand("Measures Microsoft.ML.Eva.") { suiteOption, texts, repeats, clock, json };
command.SetAction(parsed =>
{
    var settings = new SuiteSettings(
        SuiteTexts.Read(parsed.GetValue(texts) ?? Path.Combine(AppContext.BaseDirectory, "data", "intents-train.csv")),
        parsed.GetRequiredValue(repeats),
        parsed.GetRequiredValue(clock) == "cpu");
    var result = JsonSerializer.Serialize(
        suites[parsed.GetRequiredValue(suiteOption)](settings), new JsonSerializerOptions { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower });
    Console.WriteLine(result);
    if (parsed.GetValue(json) is { } path)
        File.WriteAllText(path, result);
});
return command.Parse(args).Invoke();
