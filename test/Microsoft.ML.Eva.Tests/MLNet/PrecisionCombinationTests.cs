using Microsoft.ML.Data;
using Microsoft.ML.Eva.Tests.Decisions;
using Microsoft.ML.Eva.Tests.Generation;

namespace Microsoft.ML.Eva.Tests.MLNet;

/// <summary>Training in 16 bits together with everything else that can be trained: it learns, and scores in either precision are near each other.</summary>
public sealed class PrecisionCombinationTests(PretrainedFolder pretrained) : IClassFixture<PretrainedFolder>
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void Fit_Regression_LearnsNumbersOnTheirOwnScale()
    {
        var data = _ml.Data.LoadFromEnumerable(TinyNumbers.Rows());
        var options = TinyNumbers.NumberOptions();
        options.Training.Precision = ComputePrecision.BFloat16;
        using var model = _ml.Regression.Trainers.EvaLora(options).Fit(data);
        float[] Scores() => [.. model.Transform(data).GetColumn<float>("Score")];

        var exact = Scores();
        var correlation = _ml.Regression.EvaluateCorrelation(model.Transform(data));
        model.Precision = ComputePrecision.BFloat16;

        Assert.InRange(correlation.PearsonCorrelation, 0.9, 1);
        Assert.InRange(exact.Zip(Scores(), (one, other) => Math.Abs(one - other)).Max(), float.Epsilon, 20); // labels reach from 1000 to 1400
    }

    [Fact]
    public void Fit_SeveralLabels_LearnsThemAll()
    {
        var rows = _ml.Data.LoadFromEnumerable(TinyData.Rows(80).Select(row => new Tagged { Text = row.Text!, Good = row.Text!.Contains("good"), Emphatic = row.Text.Contains("really") }));
        var data = _ml.Transforms.Concatenate("Label", "Good", "Emphatic").Fit(rows).Transform(rows);
        var options = TinyData.TinyOptions(epochs: 10);
        options.Training.Precision = ComputePrecision.BFloat16;
        using var model = _ml.MulticlassClassification.Trainers.EvaLoraMultiLabel(options).Fit(data);

        Assert.InRange(_ml.MulticlassClassification.EvaluateMultiLabel(model.Transform(data)).MicroF1, 0.9, 1);
        AssertNearInBothPrecisions(model, data);
    }

    [Theory]
    [InlineData("resnet-basic", "lora")]
    [InlineData("resnet-basic", "dora")]
    [InlineData("resnet-basic", "full")]
    [InlineData("resnet-bottleneck", "lora")]
    [InlineData("vit", "lora")]
    [InlineData("dinov2", "lora")]
    [InlineData("dinov2", "dora")]
    public void Fit_Pictures_LearnsTheTask(string family, string method)
    {
        var data = _ml.Data.LoadFromEnumerable(TinyPictures.Rows());
        var options = TinyPictures.PictureOptions(family, epochs: 12);
        var initialization = new EvaOptions { BatchSize = 16, MaxBatches = 6 };
        options.Adapter = method switch
        {
            "lora" => new LoraOptions { Rank = 2, Alpha = 2, Initialization = initialization },
            "dora" => new DoraOptions { Rank = 2, Alpha = 2, Initialization = initialization },
            _ => new FullFineTuningOptions(),
        };
        options.Training.Precision = ComputePrecision.BFloat16;
        if (method == "full")
            options.Training.LearningRate = 3e-3;
        var keyed = _ml.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data);
        using var model = _ml.MulticlassClassification.Trainers.EvaLoraImage(options).Fit(keyed);

        var metrics = _ml.MulticlassClassification.Evaluate(model.Transform(keyed));

        Assert.True(metrics.MicroAccuracy > 0.9, $"accuracy {metrics.MicroAccuracy}");
        AssertNearInBothPrecisions(model, data, least: 0); // ResNet's probabilities of drawn discs may be 0 and 1, rounded or not
    }

    [Fact]
    public void Run_Sweep_TrainsItsTrialsInBFloat16()
    {
        var data = _ml.Data.LoadFromEnumerable(TinyData.Rows());
        var keyed = _ml.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data);
        var trainer = TinyData.TinyOptions(epochs: 8);
        (trainer.Training.Precision, trainer.Training.ValidationFraction) = (ComputePrecision.BFloat16, 0.25);
        using var result = _ml.MulticlassClassification.Trainers.EvaLoraSweep(new EvaLoraSweepOptions
        {
            Trainer = trainer,
            Dimensions = [SweepDimension.Rank(2, 4)],
            Search = new GridSearchOptions(),
        }).Run(keyed);

        Assert.Equal(ComputePrecision.BFloat16, result.Options.Training.Precision);
        Assert.Equal("BFloat16", result.Model.Report!.Settings["Training.Precision"]);
        Assert.InRange(_ml.MulticlassClassification.Evaluate(result.Model.Transform(keyed)).MicroAccuracy, 0.9, 1);
        // the same fit by itself gives the same model: neither warm-up nor trials were in 32 bits
        using var alone = _ml.Trainer((EvaLoraTextOptions)result.Options).Fit(keyed);
        Assert.Equal(alone.Transform(data).Scores(), result.Model.Transform(data).Scores());
    }

    [Theory]
    [InlineData("eva")]
    [InlineData("eva-dora")]
    [InlineData("boft")]
    public void Fit_SeparateAdaptersThenFromTheirFolder_GoesOnLearning(string method)
    {
        var data = _ml.Data.LoadFromEnumerable(TinyData.Rows());
        var keyed = _ml.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data);
        var folder = Directory.CreateTempSubdirectory("eva-precision-");
        try
        {
            var options = TinyData.TinyOptions(epochs: 6);
            (options.Adapter, options.MergesAdapter, options.Training.Precision) = (Methods.All[method](), false, ComputePrecision.BFloat16);
            using var first = _ml.Trainer(options).Fit(keyed);
            AssertNearInBothPrecisions(first, data);
            first.SaveAdapter(folder.FullName);
            options.Adapter = new AdapterFolderOptions { Folder = folder.FullName };
            using var second = _ml.Trainer(options).Fit(keyed);

            var (before, after) = (_ml.MulticlassClassification.Evaluate(first.Transform(keyed)), _ml.MulticlassClassification.Evaluate(second.Transform(keyed)));
            Assert.True(after.LogLoss < before.LogLoss, $"log-loss {before.LogLoss}, then {after.LogLoss}");
            Assert.InRange(second.Report!.Losses[0], 0, first.Report!.Losses[0]);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("eva")]
    [InlineData("full")]
    public void Fit_Generation_ForeseesTheTextsNearlyAsWellAsIn32Bits(string method)
    {
        using var folder = new TinyGpt();
        var data = _ml.Data.LoadFromEnumerable(TinyGpt.Rows);
        double PerplexityIn(ComputePrecision precision)
        {
            var options = folder.Options(Methods.All[method](), epochs: 30);
            options.Training.Precision = precision;
            using var model = _ml.Transforms.Text.EvaLoraGeneration(options).Fit(data);
            return model.Perplexity(data);
        }

        using var before = EvaGenerationTransformer.FromCheckpoint(_ml, folder.Options());
        var (exact, rounded) = (PerplexityIn(ComputePrecision.Float32), PerplexityIn(ComputePrecision.BFloat16));

        Assert.NotEqual(exact, rounded);
        Assert.True(Math.Log(rounded) < Math.Log(exact) + 0.1 * (Math.Log(before.Perplexity(data)) - Math.Log(exact)), $"{before.Perplexity(data)}, trained in 32 bits {exact}, in 16 {rounded}");
    }

    [Theory]
    [InlineData("eva")]
    [InlineData("full")]
    public void Fit_Policies_LearnsAReversedMotor(string method)
    {
        var reversed = _ml.Data(gain: -1);
        var options = Policies.Tuned(pretrained, Methods.All[method](), epochs: 8);
        (options.Training.Precision, options.Training.LearningRate) = (ComputePrecision.BFloat16, method == "full" ? 3e-3 : 1e-2);
        using var zeroShot = PolicyTransformer.FromCheckpoint(_ml, options);
        using var policy = _ml.DecisionMaking().Trainers.EvaLora(options).Fit(reversed);

        Assert.True(policy.ActionError(reversed) < 0.25 * zeroShot.ActionError(reversed), $"{policy.ActionError(reversed)} after {zeroShot.ActionError(reversed)}");
        Assert.Equal("BFloat16", policy.Report!.Settings["Training.Precision"]);
    }

    private static void AssertNearInBothPrecisions(EvaTransformer model, IDataView data, float least = float.Epsilon)
    {
        var exact = model.Transform(data).Scores();
        model.Precision = ComputePrecision.BFloat16;
        var rounded = model.Transform(data).Scores();
        model.Precision = ComputePrecision.Float32;
        Assert.InRange(exact.Zip(rounded).Max(rows => rows.First.Zip(rows.Second).Max(pair => Math.Abs(pair.First - pair.Second))), least, 0.1f);
    }

    private sealed class Tagged
    {
        public string Text { get; set; } = "";

        public bool Good { get; set; }

        public bool Emphatic { get; set; }
    }
}
