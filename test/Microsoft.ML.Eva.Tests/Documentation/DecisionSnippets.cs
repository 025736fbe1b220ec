namespace Microsoft.ML.Eva.Tests.Documentation;

/// <summary>The code of docs/decision-making.md, which must stand there word for word; see <see cref="SnippetTests"/>.</summary>
internal static class DecisionSnippets
{
    public static PolicyTransformer PretrainAndAdapt(IDataView manyTasks, IDataView oneTask)
    {
        // snippet
        var ml = new MLContext(seed: 1);
        using (var pretrained = ml.DecisionMaking().Trainers.DecisionTransformer().Fit(manyTasks))
            pretrained.SaveCheckpoint("pretrained");

        var policy = ml.DecisionMaking().Trainers.EvaLora(new EvaLoraPolicyOptions
        {
            Checkpoint = Checkpoint.FromFolder("pretrained"),
            Adapter = new DoraOptions { Rank = 8, Initialization = new EvaOptions() },
            Training = new TrainingOptions { Epochs = 16, LearningRate = 4e-3 },
        }).Fit(oneTask);
        ml.Model.Save(policy, oneTask.Schema, "policy.zip");
        // end
        return policy;
    }

    public static double Act(PolicyTransformer policy, IEnvironment world)
    {
        // snippet
        var actor = policy.CreateActor(targetReturn: 1);
        var state = world.Reset(seed: 7);
        var step = default(EnvironmentStep);
        while (!step.IsDone)
        {
            step = world.Step(actor.Act(state, step.Reward));
            state = step.State;
        }
        // end
        return actor.ReturnToGo;
    }

    public static double Evaluate(MLContext ml, PolicyTransformer policy, Func<IEnvironment> createWorld)
    {
        // snippet
        PolicyMetrics metrics = ml.DecisionMaking().Evaluate(policy, createWorld, new PolicyEvaluationOptions { Episodes = 100 });
        Console.WriteLine($"{metrics.SuccessRate:p0} solved, mean return {metrics.MeanReturn:f2}");
        // end
        return metrics.SuccessRate;
    }
}
