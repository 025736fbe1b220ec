using System.Diagnostics;
using static Microsoft.ML.Eva.Tests.MLNet.TinyData;

namespace Microsoft.ML.Eva.Tests.HoldingUp;

/// <summary>Two processes that train into one checkpoint folder: one is refused with a clear message, the other ends as if it were alone.</summary>
[Trait("Category", "Slow")]
public sealed class TwoProcessesTests
{
    private const string ChildVariable = "EVA_TWO_PROCESSES_FOLDER";

    [SlowFact]
    public void Fit_SameFolderInTwoProcesses_OneIsRefusedTheOtherUndisturbed()
    {
        var parent = Directory.CreateTempSubdirectory("eva-two-").FullName;
        var (alone, shared) = (Path.Combine(parent, "alone"), Path.Combine(parent, "shared"));
        using (var child = StartChild(alone))
            child.WaitForExit();
        using (var first = StartChild(shared))
        {
            // it has the folder from its first checkpoint on, at the latest
            while (!first.HasExited && !(Directory.Exists(shared) && Directory.GetFiles(shared, "*.checkpoint").Length > 0))
                first.WaitForExit(20);
            Assert.False(first.HasExited);
            using var second = StartChild(shared);
            first.WaitForExit();
            second.WaitForExit();
        }
        Assert.Contains("another run trains into it", File.ReadAllText(Assert.Single(Directory.GetFiles(parent, "shared-*.error"))));
        Assert.Equal(File.ReadAllText(Assert.Single(Directory.GetFiles(parent, "alone-*.scores"))), File.ReadAllText(Assert.Single(Directory.GetFiles(parent, "shared-*.scores"))));
        Directory.Delete(parent, recursive: true);
    }

    /// <summary>What the child processes run; nothing in any other.</summary>
    [Fact]
    public void Child()
    {
        if (Environment.GetEnvironmentVariable(ChildVariable) is not { Length: > 0 } folder)
            return;
        var ml = new MLContext(seed: 1);
        var data = ml.Data.LoadFromEnumerable(Rows());
        var options = TinyOptions(epochs: 1000); // longer than the second process takes to start
        (options.Training.CheckpointFolder, options.Training.CheckpointEverySteps) = (folder, 500);
        try
        {
            var model = ml.Pipeline(options).Fit(data);
            File.WriteAllText($"{folder}-{Environment.ProcessId}.scores", string.Join('\n', model.Transform(data).Scores().Select(scores => string.Join(' ', scores))));
        }
        catch (ArgumentException e)
        {
            File.WriteAllText($"{folder}-{Environment.ProcessId}.error", e.Message);
        }
    }

    private static Process StartChild(string folder)
    {
        var start = new ProcessStartInfo("dotnet");
        foreach (var argument in new[] { "vstest", typeof(TwoProcessesTests).Assembly.Location, $"--Tests:{typeof(TwoProcessesTests).FullName}.{nameof(Child)}" })
            start.ArgumentList.Add(argument);
        start.Environment[ChildVariable] = folder;
        return Process.Start(start)!;
    }
}
