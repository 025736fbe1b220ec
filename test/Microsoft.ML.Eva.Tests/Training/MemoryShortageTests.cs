using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Tensors;
using Microsoft.ML.Eva.Training;
using Microsoft.ML.Eva.Training.Metrics;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Training;

/// <summary>The memory runs out – really, by asking libtorch for far too much – whenever more rows than a limit go through.</summary>
public sealed class MemoryShortageTests
{
    private readonly List<string> _warnings = [];

    private static TrainingPlan Plan(int batchSize = 16) => new()
    {
        Epochs = 2,
        BatchSize = batchSize,
        LearningRate = 0.01,
        Schedule = new LearningRateSchedule(LearningRateDecay.Constant, 1, 0),
        Seed = 3,
    };

    private static List<ParameterGroup> Groups(Network network) => [new ParameterGroup(TinyNetwork.TrainableWeights(network), 1, 0)];

    private TrainingResult Train(Network network, TaskLoss loss, bool splits, Evaluator? validation = null) =>
        new Trainer(network, Groups(network), loss, Plan()) { Limit = new RowLimit(splits, "training", _warnings.Add) }.Train(TinyRows.Create(50), validation);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Train_WithTooLittleMemory_MakesTheStepsOfTheWholeBatches(bool hasClassWeights)
    {
        using var scope = NewDisposeScope();
        using var plenty = TinyNetwork.Create(dropout: 0);
        using var scarce = TinyNetwork.Create(dropout: 0);
        Tensor? Weights() => hasClassWeights ? tensor([1f, 3]) : null;

        var expected = Train(plenty, new CrossEntropyLoss(Weights()), splits: false);
        var actual = Train(scarce, new ScarceMemory(new CrossEntropyLoss(Weights()), most: 5), splits: true);

        Assert.Equal(expected.Steps, actual.Steps);
        Assert.All(expected.Losses.Zip(actual.Losses), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
        foreach (var (one, other) in plenty.Weights.Zip(scarce.Weights))
            Fixture.AssertClose(one.Value.detach(), other.Value, 1e-4, one.Name);
        Assert.Equal(2, _warnings.Count); // 16 → 8 → 4
        Assert.Contains("at most 4", _warnings[1]);
        Assert.Contains("16 rows", _warnings[0]);
    }

    [Fact]
    public void Train_WithFewTokensAtOnce_MakesTheStepsOfTheWholeBatches()
    {
        using var scope = NewDisposeScope();
        using var whole = TinyNetwork.Create(dropout: 0);
        using var inParts = TinyNetwork.Create(dropout: 0);
        var passes = new CountedPasses(new CrossEntropyLoss());

        var expected = Train(whole, new CrossEntropyLoss(), splits: false);
        var actual = new Trainer(inParts, Groups(inParts), passes, Plan()) { Limit = new RowLimit(false, "training", _warnings.Add) { Tokens = 24 } }.Train(TinyRows.Create(50));

        Assert.All(expected.Losses.Zip(actual.Losses), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
        foreach (var (one, other) in whole.Weights.Zip(inParts.Weights))
            Fixture.AssertClose(one.Value.detach(), other.Value, 1e-4, one.Name);
        Assert.InRange(passes.Count, expected.Losses.Count * 2, int.MaxValue);
        Assert.Empty(_warnings);
    }

    [Theory]
    [InlineData(32, 64, 16)] // 2 passes
    [InlineData(32, 47, 32)] // 1.5 passes and less are one
    [InlineData(32, 48, 16)]
    [InlineData(32, 100, 11)] // 3.1 passes are three: 11, 11 and 10 rows
    [InlineData(3, 2000, 1)]
    [InlineData(1, 1, 1)]
    public void RowsAtOnce_OfTexts_AreAboutSoManyTokens(int rows, int tokens, int expected)
    {
        using var network = TinyNetwork.Create();
        using var batch = new Batch { Inputs = zeros(rows, tokens, dtype: int64) };

        Assert.Equal(expected, new RowLimit(true, "training", _warnings.Add) { Tokens = 1024 }.RowsAtOnce(batch, network.Backbone));
        Assert.Equal(rows, RowLimit.None("training").RowsAtOnce(batch, network.Backbone));
    }

    [Fact]
    public void RowsAtOnce_OfTexts_AreNoMoreThanTheMemoryAllows()
    {
        using var network = TinyNetwork.Create();
        using var batch = new Batch { Inputs = zeros(32, 64, dtype: int64) };
        var limit = new RowLimit(true, "training", _warnings.Add) { Tokens = 1024 };

        limit.Shrink(16, batch.RowShape, new InvalidOperationException());

        Assert.Equal(8, limit.RowsAtOnce(batch, network.Backbone));
    }

    [Fact]
    public void Train_WithTooLittleMemoryUnasked_SaysWhatToSet()
    {
        using var network = TinyNetwork.Create();

        var e = Assert.Throws<InsufficientMemoryException>(() => Train(network, new ScarceMemory(new CrossEntropyLoss(), most: 5), splits: false));

        Assert.All(["training", "16 rows", "tokens", "BatchSize", "GradientAccumulation", "SplitsBatchesWhenOutOfMemory"], part => Assert.Contains(part, e.Message));
        Assert.True(MemoryShortage.Is(e.InnerException!));
    }

    [Fact]
    public void Train_WhereOneRowIsTooMuch_SaysSo()
    {
        using var network = TinyNetwork.Create();

        var e = Assert.Throws<InsufficientMemoryException>(() => Train(network, new ScarceMemory(new CrossEntropyLoss(), most: 0), splits: true));

        Assert.Contains("a single row", e.Message);
    }

    [Fact]
    public void Evaluate_WithTooLittleMemory_GivesTheSameNumbers()
    {
        using var scope = NewDisposeScope();
        using var network = TinyNetwork.Create();
        Evaluator Create(TaskLoss loss) => new(TinyRows.Create(50, seed: 2), loss, ClassificationMetric.Accuracy, 32) { Limit = new RowLimit(true, "validation", _warnings.Add) };

        var expected = Create(new CrossEntropyLoss(tensor([1f, 3]))).Evaluate(network, default);
        var actual = Create(new ScarceMemory(new CrossEntropyLoss(tensor([1f, 3])), most: 7)).Evaluate(network, default);

        Assert.Equal(expected.Metric, actual.Metric);
        Assert.Equal(expected.Loss, actual.Loss, 1e-5);
        Assert.Contains("validation with 32 rows", _warnings[0]);
    }

    [Theory]
    [InlineData("CUDA out of memory. Tried to allocate 2.00 GiB", true)]
    [InlineData("[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: not enough memory: you tried to allocate 1 bytes.", true)]
    [InlineData("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate(handle)", true)]
    [InlineData("mat1 and mat2 shapes cannot be multiplied", false)]
    public void Is_KnowsTheWordsOfLibtorch(string message, bool expected)
    {
        Assert.Equal(expected, MemoryShortage.Is(new System.Runtime.InteropServices.ExternalException(message)));
        Assert.False(MemoryShortage.Is(new InvalidOperationException(message)));
    }

    [Fact]
    public void CountOf_WeighsPartsAsTheMeanDoes()
    {
        using var scope = NewDisposeScope();
        using var batch = new Batch { Inputs = zeros(3, 2), Labels = tensor(new long[] { 0, 1, 1 }), RowWeights = tensor([1f, 2, 4]) };
        using var tokens = new Batch { Inputs = zeros(1, 4), Labels = tensor(new long[,] { { 5, 6, NextTokenLoss.Ignored, 7 } }) };

        Assert.Equal(7, new MeanSquaredErrorLoss().CountOf(batch));
        Assert.Equal(1 * 0.5 + 2 * 3 + 4 * 3, new CrossEntropyLoss(tensor([0.5f, 3])).CountOf(batch));
        Assert.Equal(2, new NextTokenLoss().CountOf(tokens)); // the first token has nothing before it
        using var slice = batch.Slice(1, 2);
        Assert.Equal(6, new MeanSquaredErrorLoss().CountOf(slice));
    }

    private sealed class CountedPasses(TaskLoss loss) : TaskLoss
    {
        public int Count { get; private set; }

        public override Tensor Compute(Tensor outputs, Batch batch)
        {
            Count++;
            return loss.Compute(outputs, batch);
        }

        public override double CountOf(Batch batch) => loss.CountOf(batch);
    }

    private sealed class ScarceMemory(TaskLoss loss, int most) : TaskLoss
    {
        public override Tensor Compute(Tensor outputs, Batch batch)
        {
            if (batch.RowCount > most)
                zeros(1L << 50).Dispose();
            return loss.Compute(outputs, batch);
        }

        public override double CountOf(Batch batch) => loss.CountOf(batch);
    }
}
