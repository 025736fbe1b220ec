namespace Microsoft.ML.Eva.Tests.Decisions;

/// <summary>A policy that was pretrained on <see cref="LineWorld"/>, as a checkpoint folder; made once per test class.</summary>
public sealed class PretrainedFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("eva-policy-");

    public PretrainedFolder()
    {
        var ml = new MLContext(seed: 1);
        using var policy = ml.DecisionMaking().Trainers.DecisionTransformer(Policies.New()).Fit(ml.Data());
        policy.SaveCheckpoint(FullName);
    }

    public string FullName => _folder.FullName;

    public Checkpoint Checkpoint => Checkpoint.FromFolder(FullName);

    public void Dispose() => _folder.Delete(recursive: true);
}
