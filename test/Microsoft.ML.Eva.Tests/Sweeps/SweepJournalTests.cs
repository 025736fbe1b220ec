using Microsoft.ML.Eva.Sweeps;

namespace Microsoft.ML.Eva.Tests.Sweeps;

public sealed class SweepJournalTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("eva-journal-").FullName;

    private string File => Path.Combine(_folder, SweepJournal.FileName);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Entries_WrittenAndReadAgain_AreTheSame()
    {
        SweepTrial[] trials = [Trial(1), Trial(2) with { Error = "diverged", Metric = double.NaN, Loss = double.PositiveInfinity }, Trial(1) with { Rungs = 2, Metric = 0.75 }];
        Write(trials);

        using var journal = new SweepJournal(_folder, "print");
        Assert.Equal(trials.Select(Text), journal.Entries.Select(Text));
        Assert.Equal(0.75, journal.Find(1, 2)!.Metric);
        Assert.Null(journal.Find(2, 2));
        Assert.Equal([(1, 1), (1, 2), (2, 1)], journal.History().Select(entry => (entry.Rungs, entry.Number)));
    }

    [Fact]
    public void LastLine_TornAnywhere_IsCutOffAndWrittenAgain()
    {
        Write(Trial(1), Trial(2));
        var whole = System.IO.File.ReadAllBytes(File);
        var lastLine = Array.LastIndexOf(whole, (byte)'\n', whole.Length - 2) + 1;
        for (var length = lastLine; length < whole.Length; length++)
        {
            System.IO.File.WriteAllBytes(File, whole[..length]);
            using (var journal = new SweepJournal(_folder, "print"))
            {
                Assert.Equal([1], journal.Entries.Select(entry => entry.Number));
                journal.Add(Trial(2));
            }
            Assert.Equal(whole, System.IO.File.ReadAllBytes(File));
        }
    }

    [Fact]
    public void FirstLine_Torn_BeginsAnew()
    {
        System.IO.File.WriteAllText(File, "{\"format\":\"eva-sw");
        using var journal = new SweepJournal(_folder, "print");
        Assert.Empty(journal.Entries);
    }

    [Theory]
    [InlineData("{\"number\":1}\n", "Line 2")]
    [InlineData("null\n", "Line 2")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[\n", "Line 2")]
    [InlineData("\n", "Line 2")]
    [InlineData("not json\n", "not json")]
    public void EarlierLine_Broken_IsNamed(string line, string told)
    {
        Write();
        System.IO.File.AppendAllText(File, line);
        Assert.Contains(told, Assert.Throws<InvalidDataException>(() => new SweepJournal(_folder, "print")).Message);
    }

    [Fact]
    public void OtherSweep_IsRefused()
    {
        Write(Trial(1));
        Assert.Contains("another sweep", Assert.Throws<ArgumentException>(() => new SweepJournal(_folder, "other")).Message);
    }

    [Fact]
    public void OtherFormat_IsRefused()
    {
        System.IO.File.WriteAllText(File, "{\"format\":\"eva-sweep-9\",\"fingerprint\":\"print\"}\n");
        Assert.Contains("eva-sweep-9", Assert.Throws<InvalidDataException>(() => new SweepJournal(_folder, "print")).Message);
    }

    [Fact]
    public void FullDisk_IsAnIOException()
    {
        if (!System.IO.File.Exists("/dev/full"))
            return; // only Linux has a device that is always full
        System.IO.File.CreateSymbolicLink(File, "/dev/full");
        Assert.ThrowsAny<IOException>(() => new SweepJournal(_folder, "print"));
    }

    [Fact]
    public void Folder_InUse_IsRefused()
    {
        using var first = new SweepFolder(_folder, "print");
        var error = Assert.Throws<ArgumentException>(() => new SweepFolder(_folder, "print"));
        Assert.Contains($"{nameof(EvaLoraSweepOptions.Folder)} '{_folder}'", error.Message);
        Assert.Contains("another run", error.Message);
    }

    [Fact]
    public void Order_FailedLast_FurtherFirst_ThenMetricLossNumber()
    {
        SweepTrial[] trials =
        [
            Trial(1) with { Metric = 0.9 },
            Trial(2) with { Rungs = 2, Metric = 0.5 },
            Trial(3) with { Rungs = 2, Metric = double.NaN },
            Trial(4) with { Rungs = 3, Error = "failed" },
            Trial(5) with { Rungs = 2, Metric = 0.7, Loss = 2 },
            Trial(6) with { Rungs = 2, Metric = 0.7, Loss = 1 },
            Trial(7) with { Rungs = 2, Metric = 0.7, Loss = 1 },
            Trial(8) with { Rungs = 0, Metric = double.NaN },
        ];
        Assert.Equal([6, 7, 5, 2, 3, 1, 8, 4], trials.Order(new TrialOrder(isHigherBetter: true)).Select(trial => trial.Number));
        Assert.Equal([2, 6, 7, 5, 3, 1, 8, 4], trials.Order(new TrialOrder(isHigherBetter: false)).Select(trial => trial.Number));
    }

    private static SweepTrial Trial(int number) => new()
    {
        Number = number,
        Values = new Dictionary<string, string> { ["rank"] = "8", ["method"] = "Lora, Eva" },
        Rungs = 1,
        Steps = 4,
        TotalSteps = 36,
        MetricName = "Accuracy",
        Metric = 0.1 * number,
        Loss = 0.5,
        Seconds = 1.5,
        Part = 1 / 9.0,
    };

    private static string Text(SweepTrial trial) => $"{trial with { Values = new Dictionary<string, string>() }} {string.Join(", ", trial.Values)}";

    private void Write(params SweepTrial[] trials)
    {
        using var journal = new SweepJournal(_folder, "print");
        foreach (var trial in trials)
            journal.Add(trial);
    }
}
