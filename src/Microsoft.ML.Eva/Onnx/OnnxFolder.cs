using System.Text;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Onnx;

/// <summary>Writes a model's folder: the graph, its description, and the small files that programs need beside them.</summary>
internal sealed class OnnxFolder(OnnxContent content)
{
    /// <summary>The graph's file.</summary>
    public const string ModelFile = "model.onnx";

    /// <summary>The weights' file, where they do not fit into the graph's.</summary>
    public const string WeightsFile = "model.onnx_data";

    /// <summary>Writes the folder. <paramref name="largest"/> is the most bytes that the graph's file may have.</summary>
    /// <exception cref="ArgumentException">The path is that of a file, or the folder holds files of these names that no export wrote.</exception>
    public void Write(string folder, long largest = OnnxFile.LargestMessage)
    {
        using var staged = new StagedFiles(folder);
        CheckIsOurs(folder);
        using (NewDisposeScope())
        using (no_grad())
        {
            var graph = content.CreateGraph();
            var description = content.Describe(graph).ToJson();
            var metadata = new Dictionary<string, string> { [InferenceDescription.MetadataKey] = Encoding.UTF8.GetString(description) };
            // The file of weights first, so that it is there when the graph is.
            var weights = staged.PathFor(WeightsFile);
            new OnnxFile(graph, content.Checkpoint.Name, metadata).Write(staged.PathFor(ModelFile), weights, WeightsFile, largest);
            foreach (var (name, bytes) in content.SmallFiles())
                staged.Write(name, bytes);
            staged.Write(InferenceDescription.FileName, description);
        }
        var written = staged.Commit();
        foreach (var stale in AllNames().Except(written))
            File.Delete(Path.Combine(folder, stale)); // of an export that was here before
    }

    private static IEnumerable<string> AllNames() =>
    [
        ModelFile, WeightsFile, OnnxContent.ConfigFile, ScoringContent.PreprocessorFile, GenerationContent.GenerationFile, .. OnnxContent.TokenizerFiles, InferenceDescription.FileName,
    ];

    // A checkpoint's own folder has files of the same names, and would be destroyed.
    private static void CheckIsOurs(string folder)
    {
        if (!File.Exists(Path.Combine(folder, InferenceDescription.FileName)) && AllNames().FirstOrDefault(name => File.Exists(Path.Combine(folder, name))) is { } other)
            throw new ArgumentException($"'{folder}' holds {other}, which is no export of a model. Choose an empty folder, one that is not there yet, or one of an earlier export.", nameof(folder));
    }
}
