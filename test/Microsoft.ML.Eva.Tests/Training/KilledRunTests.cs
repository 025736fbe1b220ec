using System.Diagnostics;
using Microsoft.ML.Eva.Training;
using Microsoft.ML.Eva.Training.Checkpoints;

namespace Microsoft.ML.Eva.Tests.Training;

/// <summary>A process is killed while it trains, again and again; the last one ends with the bytes of an undisturbed run.</summary>
[Trait("Category", "Slow")]
public class KilledRunTests
{
    private const string ChildVariable = "EVA_CHILD_FOLDER";
    private const int Kills = 20;

    [SlowFact]
    public void Train_KilledTwentyTimes_EndsWithTheSameBytes()
    {
        var folders = new[] { "undisturbed", "killed" }.Select(name => Directory.CreateTempSubdirectory($"eva-{name}-").FullName).ToArray();
        using (var undisturbed = StartChild(folders[0]))
            undisturbed.WaitForExit();
        var random = new Random(1);
        for (var kill = 0; kill < Kills; kill++)
        {
            using var child = StartChild(folders[1]);
            // from its first sign of life on, somewhere in the steps and in the writing of checkpoints
            var before = Newest(folders[1]);
            while (!child.HasExited && Newest(folders[1]) == before)
                child.WaitForExit(5);
            child.WaitForExit(random.Next(200));
            child.Kill(entireProcessTree: true);
            child.WaitForExit();
        }
        using (var last = StartChild(folders[1]))
            last.WaitForExit();
        Assert.Equal(File.ReadAllBytes(Result(folders[0])), File.ReadAllBytes(Result(folders[1])));
        foreach (var folder in folders)
            Directory.Delete(folder, recursive: true);
    }

    /// <summary>What the child process runs; nothing in any other.</summary>
    [Fact]
    public void Child()
    {
        if (Environment.GetEnvironmentVariable(ChildVariable) is not { Length: > 0 } folder)
            return;
        using var network = TinyNetwork.Create();
        var rows = TinyRows.Create(400);
        var groups = ParameterGroup.DecayingMatrices(TinyNetwork.TrainableWeights(network), 0.01);
        var plan = TrainingPlan.Create(new TrainingOptions { Epochs = 40, BatchSize = 8 }, rows.RowCount, seed: 3);
        using var checkpoints = new TrainingCheckpoints(folder, everySteps: 5, kept: 2, "child", _ => { });
        new Trainer(network, groups, new CrossEntropyLoss(), plan).Train(rows, checkpoints: checkpoints);
        File.WriteAllBytes(Result(folder), [.. network.Weights.SelectMany(weight => weight.Value.bytes.ToArray())]);
    }

    private static string Result(string folder) => Path.Combine(folder, "result.bin");

    private static string? Newest(string folder) => Directory.GetFiles(folder, "*.checkpoint").Max(StringComparer.Ordinal);

    private static Process StartChild(string folder)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = false };
        foreach (var argument in new[] { "vstest", typeof(KilledRunTests).Assembly.Location, $"--Tests:{typeof(KilledRunTests).FullName}.{nameof(Child)}" })
            start.ArgumentList.Add(argument);
        start.Environment[ChildVariable] = folder;
        return Process.Start(start)!;
    }
}
