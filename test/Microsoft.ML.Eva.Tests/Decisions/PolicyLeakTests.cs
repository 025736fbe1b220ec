using TorchSharp;

namespace Microsoft.ML.Eva.Tests.Decisions;

/// <summary>Counts live tensors, so nothing else may make any at the same time.</summary>
[Collection(nameof(TensorCounts))]
public sealed class PolicyLeakTests(PretrainedFolder pretrained) : IClassFixture<PretrainedFolder>
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void Fit_ThenDispose_LeavesNoTensor()
    {
        var data = _ml.Data();
        _ml.DecisionMaking().Trainers.DecisionTransformer(Policies.New(epochs: 1)).Fit(data).Dispose();
        _ml.DecisionMaking().Trainers.EvaLora(Policies.Tuned(pretrained, epochs: 1)).Fit(data).Dispose();
        var before = TensorCounts.Settled();

        var pretraining = _ml.DecisionMaking().Trainers.DecisionTransformer(Policies.New(epochs: 13)).Fit(data); // 104 steps
        var tuned = _ml.DecisionMaking().Trainers.EvaLora(Policies.Tuned(pretrained, epochs: 13)).Fit(data);
        Assert.True(torch.Tensor.TotalCount > before);
        pretraining.Dispose();
        tuned.Dispose();

        Assert.Equal(before, torch.Tensor.TotalCount);
    }

    [Fact]
    public void ActingTransformingAndSaving_LeaveNoTensor()
    {
        var data = _ml.Data(episodes: 5);
        using var policy = _ml.DecisionMaking().Trainers.EvaLora(Policies.Tuned(pretrained, epochs: 1)).Fit(data);
        policy.CreateActor().Act([0, 0]);
        var before = TensorCounts.Settled();

        var actor = policy.CreateActor();
        for (var i = 0; i < 300; i++)
        {
            if (i % 20 == 0)
                actor.Reset();
            actor.Act([0.1f, -0.1f]);
        }
        _ml.DecisionMaking().Evaluate(policy, () => new LineWorld());
        policy.Actions(data);
        using var file = new MemoryStream();
        _ml.Model.Save(policy, data.Schema, file);
        ((PolicyTransformer)_ml.Model.Load(file, out _)).Dispose();

        Assert.Equal(before, torch.Tensor.TotalCount);
    }

    [Fact]
    public void FailedFits_LeaveNoTensor()
    {
        var rows = LineWorld.Record(2);
        rows[0].Action = [3];
        var data = _ml.Data.LoadFromEnumerable(rows);
        Assert.Throws<ArgumentException>(() => _ml.DecisionMaking().Trainers.DecisionTransformer(Policies.New()).Fit(data));
        var before = TensorCounts.Settled();

        Assert.Throws<ArgumentException>(() => _ml.DecisionMaking().Trainers.DecisionTransformer(Policies.New()).Fit(data));
        Assert.Throws<ArgumentException>(() => _ml.DecisionMaking().Trainers.EvaLora(Policies.Tuned(pretrained)).Fit(data));

        Assert.Equal(before, torch.Tensor.TotalCount);
    }
}
