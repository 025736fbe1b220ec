using System.Reflection;
using System.Text.Json;
using Microsoft.ML.Data;
using Microsoft.ML.SearchSpace;
using static Microsoft.ML.Eva.Tests.MLNet.TinyData;

namespace Microsoft.ML.Eva.Tests.MLNet;

/// <summary>
/// Holds what ML.NET's AutoML needs of a class of parameters and of the trainer it leads to. AutoML itself is no dependency: it reads the
/// attributes, passes values through JSON, and cancels every trial's context.
/// </summary>
public sealed class AutoMLContractTests
{
    private const BindingFlags Own = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;

    public static TheoryData<Type> ParameterClasses => [typeof(EvaLoraTextParameters), typeof(EvaLoraImageParameters)];

    [Theory]
    [MemberData(nameof(ParameterClasses))]
    public void Attributes_StandOnPublicPropertiesWithBothAccessors(Type type)
    {
        Assert.NotNull(type.GetConstructor(Type.EmptyTypes));
        Assert.DoesNotContain(type.GetFields(Own), field => Attribute(field) is not null);
        Assert.Empty(type.GetFields(BindingFlags.Public | BindingFlags.Instance));
        var swept = type.GetProperties().Where(property => Attribute(property) is not null).ToList();
        Assert.InRange(swept.Count, 5, 7);
        Assert.All(type.GetProperties(), property => Assert.True(property.GetMethod?.IsPublic == true && property.SetMethod?.IsPublic == true, property.Name));
        // what JSON carries without converters
        Assert.All(type.GetProperties(), property => Assert.Contains(property.PropertyType, new[] { typeof(int), typeof(double), typeof(bool), typeof(string) }));
    }

    [Theory]
    [MemberData(nameof(ParameterClasses))]
    public void Defaults_AreWhereTheAttributesSaySearchBegins(Type type)
    {
        var defaults = Activator.CreateInstance(type);
        foreach (var property in type.GetProperties())
            switch (Attribute(property))
            {
                case RangeAttribute range:
                    Assert.Equal(property.PropertyType, range.Min.GetType());
                    Assert.Equal(property.GetValue(defaults), range.Init);
                    Assert.True(Convert.ToDouble(range.Min) < Convert.ToDouble(range.Max), property.Name);
                    Assert.InRange(Convert.ToDouble(range.Init), Convert.ToDouble(range.Min), Convert.ToDouble(range.Max));
                    Assert.Equal(property.Name is "LearningRate" or "Rank", range.LogBase);
                    Assert.False(range.LogBase && Convert.ToDouble(range.Min) <= 0, property.Name);
                    break;
                case ChoiceAttribute choice:
                    Assert.Equal(property.GetValue(defaults), choice.DefaultValue);
                    Assert.Contains(choice.DefaultValue, choice.Candidates);
                    Assert.All(choice.Candidates, candidate => Assert.IsType<string>(candidate));
                    break;
                case BooleanChoiceAttribute boolean:
                    Assert.Equal(property.GetValue(defaults), boolean.DefaultValue);
                    break;
            }
    }

    [Theory]
    [MemberData(nameof(ParameterClasses))]
    public void Json_RoundTrip_KeepsEveryProperty(Type type)
    {
        var changed = Changed(type);
        var read = JsonSerializer.Deserialize(JsonSerializer.Serialize(changed, type), type);
        Assert.All(type.GetProperties(), property => Assert.Equal(property.GetValue(changed), property.GetValue(read)));
        // AutoML leaves out what is null
        var standard = JsonSerializer.Deserialize("{}", type);
        Assert.All(type.GetProperties(), property => Assert.Equal(property.GetValue(Activator.CreateInstance(type)), property.GetValue(standard)));
    }

    [Theory]
    [MemberData(nameof(ParameterClasses))]
    public void EveryProperty_ReachesTheTrainersOptions(Type type)
    {
        foreach (var property in type.GetProperties())
        {
            var parameters = Activator.CreateInstance(type)!;
            var before = Describe(parameters);
            property.SetValue(parameters, property.GetValue(Changed(type)));
            Assert.True(before != Describe(parameters), $"{property.Name} changes nothing.");
        }
    }

    [Theory]
    [InlineData(int.MinValue, double.NegativeInfinity, -1.0, 0.0, int.MinValue)]
    [InlineData(int.MaxValue, double.PositiveInfinity, double.PositiveInfinity, double.PositiveInfinity, int.MaxValue)]
    [InlineData(0, double.NaN, double.NaN, double.NaN, 0)]
    public void NumbersOutOfRange_AreBroughtIntoIt(int integer, double rho, double rate, double fraction, int tokens)
    {
        var ml = new MLContext(seed: 1);
        foreach (var method in Candidates())
        {
            var parameters = new EvaLoraTextParameters { Rank = integer, Rho = rho, LearningRate = rate, Epochs = integer, BatchSize = integer, Dropout = fraction, ValidationFraction = fraction, MaxTokens = tokens, Method = method };
            Assert.NotNull(ml.MulticlassClassification.Trainers.EvaLora(parameters));
        }
        Assert.NotNull(ml.MulticlassClassification.Trainers.EvaLoraImage(new EvaLoraImageParameters { Rank = integer, Rho = rho, LearningRate = rate, Epochs = integer, BatchSize = integer, ValidationFraction = fraction }));
    }

    [Fact]
    public void Mistakes_AreToldBeforeAnybodyFits()
    {
        var trainers = new MLContext(seed: 1).MulticlassClassification.Trainers;
        Assert.Contains("eva, eva_rslora, eva_dora, lora", Assert.Throws<ArgumentException>(() => trainers.EvaLora(new EvaLoraTextParameters { Method = "evva" })).Message);
        Assert.Contains("Sentence1ColumnName", Assert.Throws<ArgumentException>(() => trainers.EvaLora(new EvaLoraTextParameters { Sentence1ColumnName = "" })).Message);
        Assert.Contains("ImageColumnName", Assert.Throws<ArgumentException>(() => trainers.EvaLoraImage(new EvaLoraImageParameters { ImageColumnName = "" })).Message);
        Assert.Contains("no folder", Assert.Throws<ArgumentException>(() => trainers.EvaLora(new EvaLoraTextParameters { CheckpointFolder = "not-there" })).Message);
        Assert.Throws<ArgumentNullException>(() => trainers.EvaLora((EvaLoraTextParameters)null!));
        Assert.Throws<ArgumentNullException>(() => trainers.EvaLoraImage((EvaLoraImageParameters)null!));
    }

    [Fact]
    public void Parameters_AreCopied()
    {
        var (ml, parameters) = (new MLContext(seed: 1), TinyParameters());
        var estimator = ml.MulticlassClassification.Trainers.EvaLora(parameters);
        (parameters.Sentence1ColumnName, parameters.Rank) = ("Elsewhere", 5);
        using var model = estimator.Fit(Keyed(ml, Rows()));
        Assert.Equal(24, model.Report!.Ranks.Values.Sum());
    }

    [Fact]
    public void Fit_Repeated_GivesTheSameModel()
    {
        var ml = new MLContext(seed: 1);
        var estimator = ml.MulticlassClassification.Trainers.EvaLora(TinyParameters());
        using var first = estimator.Fit(Keyed(ml, Rows()));
        using var other = estimator.Fit(Keyed(ml, Rows(32)));
        using var again = estimator.Fit(Keyed(ml, Rows()));
        Assert.Equal(first.Transform(Keyed(ml, Rows())).Scores(), again.Transform(Keyed(ml, Rows())).Scores());
    }

    [Fact]
    public void Fit_FoldWithoutSomeClass_KeepsAllClasses()
    {
        var ml = new MLContext(seed: 1);
        var keyed = Keyed(ml, Rows());
        var fold = ml.Data.FilterRowsByKeyColumnFraction(keyed, "Label", 0, 0.5);
        Assert.Single(fold.GetColumn<uint>("Label").Distinct());
        using var model = ml.MulticlassClassification.Trainers.EvaLora(TinyParameters()).Fit(fold);
        Assert.Equal(2, model.Classes.Count);
        Assert.All(model.Transform(keyed).Scores(), scores => Assert.Equal(2, scores.Length));
    }

    [Fact]
    public void Columns_AreNamedAsAutoMLsMetricsExpect()
    {
        var ml = new MLContext(seed: 1);
        using var model = ml.MulticlassClassification.Trainers.EvaLora(TinyParameters()).Fit(Keyed(ml, Rows()));
        var scored = model.Transform(Keyed(ml, Rows()));
        Assert.IsType<VectorDataViewType>(scored.Schema["Score"].Type);
        Assert.IsType<KeyDataViewType>(scored.Schema["PredictedLabel"].Type);
        Assert.All(scored.Scores(), scores => Assert.Equal(1, scores.Sum(), 1e-5f));
        Assert.InRange(ml.MulticlassClassification.Evaluate(scored, "Label").LogLoss, 0, 5);
    }

    [Fact]
    public void Model_AfterItsContextWasCancelled_StillScoresAndSaves()
    {
        var (ml, other) = (new MLContext(seed: 1), new MLContext(seed: 1));
        using var model = ml.MulticlassClassification.Trainers.EvaLora(TinyParameters()).Fit(Keyed(ml, Rows()));
        var expected = model.Transform(Keyed(other, Rows())).Scores();
        ml.Cancel();
        Assert.Equal(expected, model.Transform(Keyed(other, Rows())).Scores());
        using var engine = other.Model.CreatePredictionEngine<Row, Prediction2>(model, new PredictionEngineOptions { OwnsTransformer = false });
        Assert.Equal(expected[3][0], engine.Predict(Rows()[3]).Score[0], 1e-5f);
        using var zip = new MemoryStream();
        other.Model.Save(model, other.Data.LoadFromEnumerable(Rows()).Schema, zip);
        Assert.True(zip.Length > 1000);
    }

    [Fact]
    public void Fit_ContextCancelledMeanwhile_EndsWithinAStep()
    {
        var ml = new MLContext(seed: 1);
        var options = TinyOptions(epochs: 100);
        var steps = 0;
        options.Training.Progress = new Listener(told =>
        {
            if (told.Phase == TrainingPhase.Training && ++steps == 5)
                ml.Cancel();
        });
        using var model = ml.Trainer(options).Fit(Keyed(new MLContext(seed: 1), Rows()));
        Assert.True(model.Report!.IsCancelled);
        Assert.InRange(model.Report.Losses.Count, 5, 6);
    }

    private static IDataView Keyed(MLContext ml, IEnumerable<Row> rows)
    {
        var data = ml.Data.LoadFromEnumerable(rows);
        return ml.Transforms.Conversion.MapValueToKey("Label").Fit(ml.Data.LoadFromEnumerable(Rows())).Transform(data);
    }

    private static EvaLoraTextParameters TinyParameters() => new()
    {
        Sentence1ColumnName = nameof(Row.Text),
        CheckpointFolder = Path.Combine(Fixture.RepositoryRoot, "test", "Microsoft.ML.Eva.Tests", "Fixtures", "models", "bert-with-tokenizer"),
        Rank = 2,
        Epochs = 1,
        BatchSize = 8,
    };

    private static IEnumerable<string> Candidates() =>
        typeof(EvaLoraTextParameters).GetProperty(nameof(EvaLoraTextParameters.Method))!.GetCustomAttribute<ChoiceAttribute>()!.Candidates.Cast<string>();

    private static object? Attribute(MemberInfo member) =>
        (object?)member.GetCustomAttribute<RangeAttribute>() ?? (object?)member.GetCustomAttribute<ChoiceAttribute>() ?? member.GetCustomAttribute<BooleanChoiceAttribute>();

    // Another value than the default in every property.
    private static object Changed(Type type)
    {
        var changed = Activator.CreateInstance(type)!;
        foreach (var property in type.GetProperties())
            property.SetValue(changed, property.GetValue(changed) switch
            {
                int number => number + 1,
                double number => number == 0 ? 0.125 : number * 1.1,
                bool flag => !flag,
                SweptName => "lora",
                _ => property.Name == "CheckpointFolder" ? TinyParameters().CheckpointFolder : "Other",
            });
        return changed;
    }

    private const string SweptName = "eva";

    // The options in full, as far as parameters can change them.
    private static string Describe(object parameters)
    {
        EvaLoraOptions options = parameters is EvaLoraTextParameters texts ? texts.ToOptions() : ((EvaLoraImageParameters)parameters).ToOptions();
        var start = options.Adapter.Start!;
        return string.Join(
            '\n',
            JsonSerializer.Serialize(options.Adapter, options.Adapter.GetType()),
            start.GetType().Name + JsonSerializer.Serialize(start, start.GetType()),
            JsonSerializer.Serialize(new { options.Training.LearningRate, options.Training.Epochs, options.Training.BatchSize, options.Training.ValidationFraction, options.LabelColumnName, Checkpoint = options.Checkpoint.Name }),
            options is EvaLoraTextOptions text ? JsonSerializer.Serialize(new { text.Sentence1ColumnName, text.Sentence2ColumnName, text.MaxTokens }) : JsonSerializer.Serialize(new { ((EvaLoraImageOptions)options).ImageColumnName, ((EvaLoraImageOptions)options).Augmentation }));
    }

    private sealed class Prediction2
    {
        public float[] Score { get; set; } = [];
    }

    private sealed class Listener(Action<TrainingProgress> onReport) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => onReport(value);
    }
}
