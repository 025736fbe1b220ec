using static Microsoft.ML.Eva.Tests.MLNet.TinyData;

namespace Microsoft.ML.Eva.Tests.MLNet;

/// <summary>Training and scoring with products in 16 bits, through the public API.</summary>
public sealed class PrecisionTests
{
    private readonly MLContext _ml = new(seed: 1);

    public static TheoryData<string> Names => [.. Methods.All.Keys];

    private IDataView Data() => _ml.Data.LoadFromEnumerable(Rows());

    [Theory]
    [MemberData(nameof(Names))]
    public void Fit_ByEveryMethodInBFloat16_LearnsWhatScoresIn32Bits(string method)
    {
        var options = TinyOptions(epochs: method == "head" ? 40 : method == "vera" ? 14 : 10);
        options.Adapter = Methods.All[method]();
        options.Training.LearningRate = method == "full" ? 3e-3 : method is "vera" or "head" ? 5e-2 : 2e-2;
        options.Training.Precision = ComputePrecision.BFloat16;

        var model = _ml.Pipeline(options).Fit(Data());
        using var eva = model.Eva();

        Assert.Equal(ComputePrecision.Float32, eva.Precision);
        Assert.Equal("BFloat16", eva.Report!.Settings["Training.Precision"]);
        var metrics = _ml.MulticlassClassification.Evaluate(model.Transform(Data()));
        Assert.True(metrics.MicroAccuracy > 0.9, $"accuracy {metrics.MicroAccuracy}");
    }

    [Fact]
    public void Fit_InEitherPrecision_GivesModelsThatDifferALittle()
    {
        float[][] Train(ComputePrecision precision)
        {
            var options = TinyOptions(epochs: 1);
            options.Training.Precision = precision;
            var model = new MLContext(seed: 1).Pipeline(options).Fit(Data());
            using var eva = model.Eva();
            return model.Transform(Data()).Scores();
        }

        var (exact, rounded) = (Train(ComputePrecision.Float32), Train(ComputePrecision.BFloat16));

        Assert.InRange(Largest(exact, rounded), float.Epsilon, 0.05f);
    }

    [Fact]
    public void Precision_OfFittedModel_ChangesScoresALittleAndIsSaved()
    {
        var model = _ml.Pipeline(TinyOptions(epochs: 2)).Fit(Data());
        using var eva = model.Eva();
        var exact = model.Transform(Data()).Scores();

        eva.Precision = ComputePrecision.BFloat16;
        var rounded = model.Transform(Data()).Scores();
        using var file = new MemoryStream();
        _ml.Model.Save(model, Data().Schema, file);
        var loaded = _ml.Model.Load(file, out _);
        using var loadedEva = loaded.Eva();

        Assert.InRange(Largest(exact, rounded), float.Epsilon, 0.02f);
        Assert.Equal(ComputePrecision.BFloat16, loadedEva.Precision);
        Assert.Equal(rounded, loaded.Transform(Data()).Scores());
        eva.Precision = ComputePrecision.Float32;
        Assert.Equal(exact, model.Transform(Data()).Scores());
    }

    [Fact]
    public void Precision_SetInThe32BitsOfAnUnmergedModel_ScoresNearlyTheSame()
    {
        var options = TinyOptions(epochs: 2);
        options.MergesAdapter = false;
        var model = _ml.Pipeline(options).Fit(Data());
        using var eva = model.Eva();
        var exact = model.Transform(Data()).Scores();
        eva.Precision = ComputePrecision.BFloat16;
        Assert.InRange(Largest(exact, model.Transform(Data()).Scores()), float.Epsilon, 0.02f);
    }

    [Fact]
    public void Precision_UnknownValue_IsRefused()
    {
        var model = _ml.Pipeline(TinyOptions(epochs: 1)).Fit(Data());
        using var eva = model.Eva();
        Assert.Contains("Float32, BFloat16", Assert.Throws<ArgumentOutOfRangeException>(() => eva.Precision = (ComputePrecision)5).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_CheckpointsOfTheOtherPrecision_AreNotGoneOnWith()
    {
        var folder = Directory.CreateTempSubdirectory("eva-precision-");
        try
        {
            EvaLoraTextOptions Options(ComputePrecision precision)
            {
                var options = TinyOptions(epochs: 1);
                (options.Training.CheckpointFolder, options.Training.Precision) = (folder.FullName, precision);
                return options;
            }

            using var first = _ml.Pipeline(Options(ComputePrecision.Float32)).Fit(Data()).Eva();
            var error = Assert.ThrowsAny<Exception>(() => _ml.Pipeline(Options(ComputePrecision.BFloat16)).Fit(Data()));
            Assert.Contains(folder.FullName, error.Message, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static float Largest(float[][] one, float[][] other) =>
        one.Zip(other).Max(rows => rows.First.Zip(rows.Second).Max(pair => Math.Abs(pair.First - pair.Second)));
}
