using System.Diagnostics;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Onnx;
using Microsoft.ML.Eva.Scoring;
using Microsoft.ML.Eva.Tests.MLNet;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Onnx;

/// <summary>A model of the size of the paper's tables, in one file and in two. Run it alone: memory is measured for the whole process.</summary>
public sealed class LargeExportTests(ITestOutputHelper output)
{
    [SlowFact]
    [Trait("Category", "Slow")]
    public void Write_RobertaLarge_TakesNoSecondCopyOfItsWeights()
    {
        var folder = Directory.CreateTempSubdirectory("eva-large-");
        try
        {
            using var scope = NewDisposeScope();
            using var frozen = no_grad();
            LargeCheckpoint.Write(folder.FullName);
            using var network = Load(folder.FullName);
            using var batch = new Batch { Inputs = arange(3, 35).reshape(2, 16), Mask = ones(2, 16, ScalarType.Int64) };
            var expected = network.Forward(batch, ForwardMode.Evaluation);
            var length = network.Weights.Sum(weight => weight.Value.numel() * sizeof(float));
            foreach (var (largest, largeFile) in new[] { (OnnxFile.LargestMessage, "model.onnx"), (1L << 30, "model.onnx_data") })
            {
                var export = Path.Combine(folder.FullName, $"export-{largest}");
                var grown = Export(network, export, largest);
                Assert.InRange(new FileInfo(Path.Combine(export, largeFile)).Length, length - (1 << 20), length + (4 << 20));
                Assert.InRange(grown, 0, 512L << 20); // the largest of the weights, the table of words, has 206 MB
                using var session = new RuntimeSession(Path.Combine(export, "model.onnx"));
                Fixture.AssertClose(expected, session.Run(batch)["logits"], 1e-4, largeFile);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    // How many bytes of memory more the process took while it wrote.
    private long Export(Network network, string folder, long largest)
    {
        var (before, most, isDone) = (Environment.WorkingSet, 0L, false);
        var watching = Task.Run(async () =>
        {
            while (!Volatile.Read(ref isDone))
            {
                most = Math.Max(most, Environment.WorkingSet);
                await Task.Delay(5);
            }
        });
        var clock = Stopwatch.StartNew();
        new OnnxFolder(new ScoringContent(network, TextInput.Create(network, ["Text"], 128), new("text-classification", OutputKind.Classes, ["a", "b"], null))).Write(folder, largest);
        Volatile.Write(ref isDone, true);
        watching.GetAwaiter().GetResult();
        output.WriteLine($"{Path.GetFileName(folder)}: {clock.Elapsed.TotalSeconds:f1} s, {(most - before) >> 20} MiB more memory");
        return Math.Max(0, most - before);
    }

    private static Network Load(string folder)
    {
        using var generator = new Generator(1);
        var content = CheckpointFolder.Read(folder, CPU);
        try
        {
            return NetworkFactory.Create(content, HeadKind.Auto, 2, generator);
        }
        finally
        {
            content.Release();
        }
    }
}
