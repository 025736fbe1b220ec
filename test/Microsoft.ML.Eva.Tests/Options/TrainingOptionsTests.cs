namespace Microsoft.ML.Eva.Tests.Options;

public class TrainingOptionsTests
{
    [Fact]
    public void Validate_Defaults_Pass() => Validate(new TrainingOptions());

    [Fact]
    public void Validate_EverythingWrong_NamesEveryOption()
    {
        var error = Assert.Throws<ArgumentException>(() => Validate(new TrainingOptions
        {
            Epochs = 0,
            BatchSize = 0,
            GradientAccumulation = 0,
            Precision = (ComputePrecision)9,
            LearningRate = double.NaN,
            HeadLearningRate = 0,
            WarmupFraction = 1.5,
            LearningRateDecay = (LearningRateDecay)9,
            WeightDecay = -1,
            MaxGradientNorm = double.NaN,
            Dropout = 1,
            ValidationFraction = 1,
            Patience = 0,
            CheckpointFolder = " ",
            CheckpointEverySteps = 0,
            CheckpointsKept = 0,
        }));
        var settable = typeof(TrainingOptions).GetProperties().Where(property => property.PropertyType != typeof(bool)).Select(property => property.Name).Except([nameof(TrainingOptions.Progress), nameof(TrainingOptions.CancellationToken)]);
        Assert.All(settable, name => Assert.Contains($"{name} is", error.Message));
    }

    [Fact]
    public void Clone_ChangedAfterwards_LeavesTheOriginal()
    {
        var original = new TrainingOptions { Epochs = 7 };
        original.Clone().Epochs = 9;
        Assert.Equal(7, original.Epochs);
    }

    private static void Validate(TrainingOptions options)
    {
        var validator = new OptionsValidator();
        options.Validate(validator);
        validator.ThrowIfFaulty("options");
    }
}
