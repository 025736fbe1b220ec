using System.Globalization;
using System.Text.Json;
using BenchmarkDotNet.Running;
using Microsoft.ML.Eva.Benchmarks;

// --suite NAME [--texts FILE] [--rows N] [--repeats N] [--json FILE]: a quick paired run; anything else goes to BenchmarkDotNet.
var suites = new Dictionary<string, Func<SuiteSettings, object>>
{
    ["infer"] = InferSuite.Run,
    ["train-step"] = TrainStepSuite.Run,
    ["eva-init"] = EvaInitSuite.Run,
    ["sweep"] = SweepSuite.Run,
    ["images"] = ImageSuite.Run,
    ["generate"] = GenerateSuite.Run,
};
var named = Enumerable.Range(0, args.Length / 2).ToDictionary(i => args[2 * i], i => args[2 * i + 1]);
if (!named.TryGetValue("--suite", out var name))
{
    BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
    return 0;
}
if (!suites.TryGetValue(name, out var suite))
{
    Console.Error.WriteLine($"--suite {name} is unknown. Known are: {string.Join(", ", suites.Keys)}.");
    return 2;
}
var texts = named.GetValueOrDefault("--texts") ?? Path.Combine(AppContext.BaseDirectory, "data", "intents-train.csv");
var settings = new SuiteSettings(SuiteTexts.Read(texts), int.Parse(named.GetValueOrDefault("--repeats") ?? "5", CultureInfo.InvariantCulture))
{
    Labels = SuiteTexts.Read(texts, column: 1),
    Rows = int.Parse(named.GetValueOrDefault("--rows") ?? "240", CultureInfo.InvariantCulture),
};
var result = JsonSerializer.Serialize(suite(settings), new JsonSerializerOptions { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower });
Console.WriteLine(result);
if (named.GetValueOrDefault("--json") is { } path)
    File.WriteAllText(path, result);
return 0;
