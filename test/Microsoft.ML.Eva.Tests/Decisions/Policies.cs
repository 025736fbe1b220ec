using Microsoft.ML.Data;

namespace Microsoft.ML.Eva.Tests.Decisions;

/// <summary>Options and pretrained policies for <see cref="LineWorld"/>.</summary>
internal static class Policies
{
    /// <summary>A new network that learns the line.</summary>
    public static DecisionTransformerOptions New(int epochs = 12) => new()
    {
        HiddenSize = 24,
        LayerCount = 2,
        HeadCount = 2,
        MaxSteps = 32,
        ContextSteps = 4,
        WindowsPerEpoch = 256,
        Training = new TrainingOptions { Epochs = epochs, BatchSize = 32, LearningRate = 5e-3, Dropout = 0 },
    };

    /// <summary>Adapting a pretrained one.</summary>
    public static EvaLoraPolicyOptions Tuned(PretrainedFolder folder, AdapterOptions? adapter = null, int epochs = 6) => new()
    {
        Checkpoint = folder.Checkpoint,
        Adapter = adapter ?? new LoraOptions { Rank = 2, Alpha = 2, Initialization = new EvaOptions { BatchSize = 16, MaxBatches = 8 } },
        WindowsPerEpoch = 256,
        Training = new TrainingOptions { Epochs = epochs, BatchSize = 32, LearningRate = 1e-2, Dropout = 0 },
    };

    /// <summary>The expert's episodes.</summary>
    public static IDataView Data(this MLContext ml, int episodes = 60, double gain = 1) => ml.Data.LoadFromEnumerable(LineWorld.Record(episodes, gain: gain));

    /// <summary>The actions that a policy adds to recorded episodes.</summary>
    public static float[] Actions(this PolicyTransformer policy, IDataView data) => [.. policy.Transform(data).GetColumn<float[]>("PredictedAction").SelectMany(action => action)];

    /// <summary>The mean squared error of a policy's actions on recorded episodes.</summary>
    public static double ActionError(this PolicyTransformer policy, IDataView data) =>
        policy.Actions(data).Zip(data.GetColumn<float[]>("Action").SelectMany(action => action), (mine, recorded) => (double)(mine - recorded) * (mine - recorded)).Average();
}
