using Microsoft.ML.Data;
using Microsoft.ML.Eva.Tests.Backbones;

namespace Microsoft.ML.Eva.Tests.Decisions;

/// <summary>What is wrong with episodes, options and checkpoints, and what the message says.</summary>
public sealed class PolicyBadInputTests(PretrainedFolder pretrained) : IClassFixture<PretrainedFolder>
{
    private readonly MLContext _ml = new(seed: 1);

    public static TheoryData<string, string> BrokenRows => new()
    {
        { "nan state", "Column 'State' of the training data is NaN at place 1 in step 2 of episode '#'; every number must be finite." },
        { "infinite action", "Column 'Action' of the training data is" },
        { "nan reward", "Column 'Reward' of the training data is NaN in step 2 of episode '#'" },
        { "two places", "The rows of episode '#' of the training data do not stand together" },
        { "large action", "Column 'Action' of the training data holds 1.5; the network's actions lie between -1 and 1." },
        { "empty", "The training data has no rows." },
    };

    [Theory]
    [MemberData(nameof(BrokenRows))]
    public void Fit_BrokenRows_NamesColumnEpisodeAndStep(string what, string message)
    {
        var rows = LineWorld.Record(6);
        var second = rows.FindIndex(row => row.Time == 1);
        var episode = rows[second].Episode;
        switch (what)
        {
            case "nan state":
                rows[second].State = [0, float.NaN];
                break;
            case "infinite action":
                rows[second].Action = [float.PositiveInfinity];
                break;
            case "nan reward":
                rows[second].Reward = float.NaN;
                break;
            case "two places":
                rows.Add(rows[second]);
                break;
            case "large action":
                rows[second].Action = [1.5f];
                break;
            default:
                rows.Clear();
                break;
        }

        var fault = Assert.Throws<ArgumentException>(() => Fit(_ml.Data.LoadFromEnumerable(rows)));

        Assert.Contains(message.Replace("#", episode, StringComparison.Ordinal), fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_VectorsOfOtherSizes_NamesBoth()
    {
        var rows = Enumerable.Range(0, 4).Select(_ => new WideRow { Episode = 1, State = [1, 2, 3], Action = [0, 0] });

        var fault = Assert.Throws<ArgumentException>(() => Fit(_ml.Data.LoadFromEnumerable(rows)));

        Assert.Contains("Column 'State' has 3 numbers and column 'Action' 2;", fault.Message, StringComparison.Ordinal);
        Assert.Contains("was made for states of 2 and actions of 1.", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_VectorsOfUnknownOrChangingSize_NamesTheColumn()
    {
        var schema = SchemaDefinition.Create(typeof(WideRow));
        schema["State"].ColumnType = new VectorDataViewType(NumberDataViewType.Single);
        var rows = _ml.Data.LoadFromEnumerable([new WideRow { State = [1, 2, 3], Action = [0, 0] }], schema);

        var fault = Assert.Throws<ArgumentException>(() => Fit(rows));

        Assert.Contains("Column 'State' has type Vector<Single>, but must be a vector of Single of known size.", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_WrongColumns_NamesThem()
    {
        var data = _ml.Data(episodes: 2);

        Assert.Contains("There is no column 'Where'", Fault(options => options.StateColumnName = "Where"), StringComparison.Ordinal);
        Assert.Contains("Column 'Episode' has type String, but must be a vector of Single", Fault(options => options.StateColumnName = "Episode"), StringComparison.Ordinal);
        Assert.Contains("Column 'Episode' has type String, but must be Single or Double", Fault(options => options.RewardColumnName = "Episode"), StringComparison.Ordinal);
        Assert.Contains("Column 'Reward' has type Single, but must be text, a key or a whole number", Fault(options => options.EpisodeColumnName = "Reward"), StringComparison.Ordinal);
        Assert.Contains("Column 'Reward' has type Single, but must be Int32 or Int64", Fault(options => options.TimeColumnName = "Reward"), StringComparison.Ordinal);

        string Fault(Action<EvaLoraPolicyOptions> change)
        {
            var options = Policies.Tuned(pretrained);
            change(options);
            return Assert.Throws<ArgumentException>(() => _ml.DecisionMaking().Trainers.EvaLora(options).Fit(data)).Message;
        }
    }

    [Theory]
    [InlineData(5, "Column 'Time' of the training data is 0 in step 2 of episode '#', after 5; time steps must not be negative and must rise")]
    [InlineData(-1, "Column 'Time' of the training data is -1 in step 1 of episode '#'; time steps")]
    [InlineData(40, "An episode of the training data has time step 40; the network knows those from 0 to 31 (max_ep_len 32).")]
    public void Fit_StrangeTimes_NamesEpisodeAndStep(int time, string message)
    {
        var rows = LineWorld.Record(6);
        var episode = rows.First(row => row.Time == 1).Episode;
        rows.RemoveAll(row => row.Episode != episode || row.Time > 1);
        (rows[0].Time, rows[1].Time) = (time, 0);
        if (time == 40)
            rows.RemoveAt(1);
        var options = Policies.Tuned(pretrained);
        options.TimeColumnName = "Time";

        var fault = Assert.Throws<ArgumentException>(() => _ml.DecisionMaking().Trainers.EvaLora(options).Fit(_ml.Data.LoadFromEnumerable(rows)));

        Assert.Contains(message.Replace("#", episode, StringComparison.Ordinal), fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_ValidationFractionOfTooFewEpisodes_SaysSo()
    {
        var options = Policies.Tuned(pretrained);
        options.Training.ValidationFraction = 0.1;

        var fault = Assert.Throws<ArgumentException>(() => _ml.DecisionMaking().Trainers.EvaLora(options).Fit(_ml.Data(episodes: 3)));

        Assert.Contains("ValidationFraction 0.1 of 3 episodes leaves none for validation.", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_OutOfRange_AreAllNamed()
    {
        var fresh = Assert.Throws<ArgumentException>(() => _ml.DecisionMaking().Trainers.DecisionTransformer(new DecisionTransformerOptions
        {
            HiddenSize = 10, HeadCount = 3, LayerCount = 0, MaxSteps = 0, Activation = "sine", ContextSteps = 0, ReturnScale = 0, WindowsPerEpoch = 0,
            EpisodeColumnName = "", ActionColumnName = "State", SavedWeights = (WeightFormat)9, Training = null!,
        })).Message;
        var tuned = Assert.Throws<ArgumentException>(() => _ml.DecisionMaking().Trainers.EvaLora(new EvaLoraPolicyOptions { Adapter = new LoraOptions { Rank = 0 } })).Message;

        foreach (var option in new[] { "HeadCount is 3", "LayerCount is 0", "MaxSteps is 0", "Activation is 'sine'", "ContextSteps is 0", "ReturnScale is 0", "WindowsPerEpoch is 0", "EpisodeColumnName is empty", "ActionColumnName is 'State'", "SavedWeights is 9", "Training is null" })
            Assert.Contains(option, fresh, StringComparison.Ordinal);
        Assert.Contains("Checkpoint is null", tuned, StringComparison.Ordinal);
        Assert.Contains("Rank is 0", tuned, StringComparison.Ordinal);
    }

    [Fact]
    public void EvaLora_CheckpointThatIsNoPolicy_SaysSo()
    {
        var options = Policies.Tuned(pretrained);
        options.Checkpoint = MLNet.TinyData.Checkpoint;

        var fault = Assert.Throws<InvalidDataException>(() => _ml.DecisionMaking().Trainers.EvaLora(options).Fit(_ml.Data(episodes: 2)));

        Assert.Contains("'model_type' is 'bert', but must be 'decision_transformer'", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Transform_RowsThatDoNotFit_NamesThem()
    {
        using var policy = Fit(_ml.Data(episodes: 2));
        var broken = LineWorld.Record(2);
        broken[1].State = [0, float.NaN];

        Assert.Contains("There is no column 'Reward'", Assert.Throws<ArgumentException>(() => policy.Transform(_ml.Transforms.DropColumns("Reward").Fit(_ml.Data(episodes: 2)).Transform(_ml.Data(episodes: 2)))).Message, StringComparison.Ordinal);
        Assert.Contains("of the scored data is NaN", Assert.Throws<ArgumentException>(() => policy.Actions(_ml.Data.LoadFromEnumerable(broken))).Message, StringComparison.Ordinal);
        Assert.Contains("cannot predict single rows", Assert.Throws<InvalidOperationException>(() => ((ITransformer)policy).GetRowToRowMapper(_ml.Data(episodes: 2).Schema)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EvaLora_HuggingFaceFolderWithoutPolicyFile_TakesItFromTheData()
    {
        var rows = Enumerable.Range(0, 30).Select(i => new FixtureRow { Episode = i / 6, State = [i % 5, 7, i % 3, -i, 0.5f], Action = [0.1f, -0.2f, 0.3f], Reward = i % 6 });
        var data = _ml.Data.LoadFromEnumerable(rows);
        using var policy = _ml.DecisionMaking().Trainers.EvaLora(new EvaLoraPolicyOptions { Checkpoint = Checkpoint.FromFolder(DecisionFixture.PathTo("bounded")), Training = new TrainingOptions { Epochs = 2 } }).Fit(data);

        Assert.Equal(20, policy.ContextSteps);
        Assert.Equal(15, policy.BestReturn);
        Assert.Equal(15, policy.Policy.Settings.ReturnScale);
        Assert.Equal([2, 7, 1, -14.5f, 0.5f], policy.Policy.Settings.StateMean);
        Assert.Equal(1, policy.Policy.Settings.StateDeviation[1]); // a number that never changes is left at its scale
    }

    [Fact]
    public void FromCheckpoint_WithoutPolicyFileOrWithAnother_SaysSo()
    {
        var folder = Directory.CreateTempSubdirectory("eva-policy-");
        foreach (var file in Directory.EnumerateFiles(DecisionFixture.PathTo("bounded")))
            File.Copy(file, Path.Combine(folder.FullName, Path.GetFileName(file)));
        var without = Assert.Throws<InvalidDataException>(() => PolicyTransformer.FromCheckpoint(_ml, new EvaLoraPolicyOptions { Checkpoint = Checkpoint.FromFolder(folder.FullName) }));
        File.Copy(Path.Combine(pretrained.FullName, "policy.json"), Path.Combine(folder.FullName, "policy.json"));
        var another = Assert.Throws<InvalidDataException>(() => PolicyTransformer.FromCheckpoint(_ml, new EvaLoraPolicyOptions { Checkpoint = Checkpoint.FromFolder(folder.FullName) }));

        Assert.Contains("has no policy.json, so nothing says how states are normalised", without.Message, StringComparison.Ordinal);
        Assert.Contains("describes states of 2 numbers; its config.json gives 5.", another.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => PolicyTransformer.FromCheckpoint(_ml, new EvaLoraPolicyOptions()));
        folder.Delete(recursive: true);
    }

    private PolicyTransformer Fit(IDataView data) => _ml.DecisionMaking().Trainers.EvaLora(Policies.Tuned(pretrained, epochs: 1)).Fit(data);

    private sealed class WideRow
    {
        public int Episode { get; set; }

        public float Reward { get; set; }

        [VectorType(3)]
        public float[] State { get; set; } = [];

        [VectorType(2)]
        public float[] Action { get; set; } = [];
    }

    private sealed class FixtureRow
    {
        public int Episode { get; set; }

        public double Reward { get; set; }

        [VectorType(5)]
        public float[] State { get; set; } = [];

        [VectorType(3)]
        public float[] Action { get; set; } = [];
    }
}
