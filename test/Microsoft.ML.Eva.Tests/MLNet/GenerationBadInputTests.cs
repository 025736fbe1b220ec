using System.Text;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Generation;
using Microsoft.ML.Eva.Persistence;
using Microsoft.ML.Eva.Tests.Generation;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.MLNet;

/// <summary>What text generators say to input that they cannot use.</summary>
public sealed class GenerationBadInputTests : IDisposable
{
    private readonly TinyGpt _folder = new();
    private readonly MLContext _ml = new(seed: 1);
    private readonly IDataView _data;

    public GenerationBadInputTests() => _data = _ml.Data.LoadFromEnumerable(TinyGpt.Rows);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Fit_NoCausalLanguageModel_SaysWhatIsNeeded()
    {
        var options = _folder.Options();
        options.Checkpoint = TinyData.Checkpoint;

        AssertMessage<InvalidDataException>(() => Fit(options), "'model_type' must be 'gpt2' for a model that writes texts");
    }

    [Fact]
    public void Fit_MissingOrWrongColumns_AreNamed()
    {
        var options = _folder.Options();
        options.PromptColumnName = "Question";
        AssertMessage<ArgumentException>(() => Fit(options), "There is no column 'Question'. The data has: 'Completion', 'Prompt'.");
        var numbers = _ml.Data.LoadFromEnumerable([new { Prompt = "a", Completion = 1f }]);
        AssertMessage<ArgumentException>(() => _ml.Transforms.Text.EvaLoraGeneration(_folder.Options()).Fit(numbers), "Column 'Completion' has type Single, but must be text");
        AssertMessage<ArgumentException>(() => _ml.Transforms.Text.EvaLoraGeneration(_folder.Options()).GetOutputSchema(TinyData.ShapeOf(numbers.Schema)), "Column 'Completion' has type Single");
        using var model = EvaGenerationTransformer.FromCheckpoint(_ml, _folder.Options());
        AssertMessage<ArgumentException>(() => model.Transform(_ml.Data.LoadFromEnumerable([new { Text = "a" }])), "There is no column 'Prompt'");
    }

    [Fact]
    public void Fit_NoRowsOrNoCompletions_SaysSo()
    {
        AssertMessage<ArgumentException>(() => _ml.Transforms.Text.EvaLoraGeneration(_folder.Options()).Fit(_ml.Data.LoadFromEnumerable(Array.Empty<TinyGpt.Row>())), "The training data has no rows.");
        var empty = _ml.Data.LoadFromEnumerable([new TinyGpt.Row { Prompt = "a" }, new TinyGpt.Row { Prompt = "b", Completion = "" }]);
        AssertMessage<ArgumentException>(() => _ml.Transforms.Text.EvaLoraGeneration(_folder.Options()).Fit(empty), "None of the 2 rows of the training data has a text in column 'Completion'.");
    }

    [Fact]
    public void Fit_RowsThatAreLeftOutOrCut_AreCounted()
    {
        var rows = TinyGpt.Rows.Append(new TinyGpt.Row { Prompt = "a" }).Append(new TinyGpt.Row { Prompt = new string('p', 100), Completion = new string('c', 100) });
        using var model = _ml.Transforms.Text.EvaLoraGeneration(_folder.Options(epochs: 1)).Fit(_ml.Data.LoadFromEnumerable(rows));

        Assert.Equal((1, 1, 7), (model.Report!.RowsWithoutLabel, model.Report.RowsAtLimit, model.Report.Rows));
    }

    [Fact]
    public void Options_Faults_AreAllNamed()
    {
        var options = new EvaLoraGenerationOptions
        {
            PromptColumnName = "", Separator = null!, MaxTokens = 3, LabelSmoothing = 1, Adapter = new HeadOnlyOptions(), Decoding = new GreedyOptions { MaxNewTokens = 0, StopSequences = [""] }, Checkpoint = null!,
            Training = new TrainingOptions { HeadLearningRate = 0.1 },
        };

        var message = Assert.Throws<ArgumentException>(() => _ml.Transforms.Text.EvaLoraGeneration(options)).Message;

        foreach (var part in new[] { "9 options", "HeadLearningRate is 0.1", "PromptColumnName is empty", "Separator is null", "MaxTokens is 3", "LabelSmoothing is 1", "Adapter is HeadOnlyOptions", "MaxNewTokens is 0", "StopSequences is a list with an empty text", "Checkpoint is null" })
            Assert.Contains(part, message);
    }

    [Fact]
    public void Decoding_MoreTokensThanPositions_SaysHowMany()
    {
        var options = _folder.Options();
        options.Decoding = new GreedyOptions { MaxNewTokens = TinyGpt.Positions };
        AssertMessage<ArgumentException>(() => Fit(options), $"MaxNewTokens is 48, but {Path.GetFileName(_folder.FullName)} takes 48 tokens, the prompt's included; at most 47 can be written.");
        using var model = EvaGenerationTransformer.FromCheckpoint(_ml, _folder.Options());
        AssertMessage<ArgumentException>(() => model.Decoding = options.Decoding, "at most 47 can be written");
        AssertMessage<ArgumentException>(() => model.Generate("a", options.Decoding), "at most 47 can be written");
        AssertMessage<ArgumentException>(() => model.Generate("a", new GreedyOptions { StopSequences = [""] }), "StopSequences is a list with an empty text");
        AssertMessage<ArgumentException>(() => model.Generate("a", new BeamSearchOptions { Beams = 200, MaxNewTokens = 5 }), "Beams is 200, but a vocabulary of 257 tokens allows at most 128");
    }

    [Fact]
    public void Generate_PromptTooLong_IsRefused_AndCutInTransform()
    {
        using var model = EvaGenerationTransformer.FromCheckpoint(_ml, _folder.Options());
        var prompt = new string('a', 40) + new string('b', 27);

        AssertMessage<ArgumentException>(() => model.Generate(prompt), "The prompt has 68 tokens; beside MaxNewTokens 20 there is room for 28 of the 48");
        AssertMessage<ArgumentException>(() => model.Stream(prompt), "The prompt has 68 tokens");
        var cut = TinyGpt.Texts(model.Transform(_ml.Data.LoadFromEnumerable([new TinyGpt.Row { Prompt = prompt }])));
        Assert.Equal(model.Generate(new string('b', 27)), cut[0]);
    }

    [Fact]
    public void Generate_EmptyPrompt_BeginsFromNothing()
    {
        var options = _folder.Options();
        options.Separator = "";
        using var model = EvaGenerationTransformer.FromCheckpoint(_ml, options);

        Assert.Equal(model.Generate("<|endoftext|>"), model.Generate(""));
        Assert.Equal(model.Generate(""), TinyGpt.Texts(model.Transform(_ml.Data.LoadFromEnumerable([new TinyGpt.Row()])))[0]);
        Assert.Throws<ArgumentNullException>(() => model.Generate((string)null!));
    }

    [Theory]
    [InlineData("[]", "'eos_token_id' is an empty list")]
    [InlineData("257", "'eos_token_id' is 257, which is no token of a vocabulary of 257")]
    [InlineData("-1", "'eos_token_id' is -1")]
    [InlineData("\"end\"", "'eos_token_id' is \"end\"")]
    [InlineData("[1, 2.5]", "'eos_token_id' is 2.5")]
    public void Fit_EndTokenThatIsNone_SaysSo(string value, string message)
    {
        _folder.Write("generation_config.json", $$"""{"eos_token_id": {{value}}}""");

        AssertMessage<InvalidDataException>(() => Fit(_folder.Options()), message);
    }

    [Theory]
    [InlineData(null, 256)]
    [InlineData("""{"eos_token_id": [65, 66]}""", 65)]
    [InlineData("""{"eos_token_id": null}""", 256)]
    public void EndTokens_EveryForm_IsRead(string? file, int first)
    {
        if (file is not null)
            _folder.Write("generation_config.json", file);
        var content = CheckpointFolder.Read(_folder.FullName, CPU);

        Assert.Equal(first, EndTokens.Read(content, null).First);
        content.Release();
    }

    [Fact]
    public void EndTokens_NowhereNamed_AreTheTokenizers()
    {
        using var folder = new TinyGpt(config => config.Remove("eos_token_id"));
        using var model = EvaGenerationTransformer.FromCheckpoint(_ml, folder.Options());

        Assert.Equal(20, model.Decoding.MaxNewTokens);
        var content = CheckpointFolder.Read(folder.FullName, CPU);
        AssertMessage<InvalidDataException>(() => EndTokens.Read(content, null), "'eos_token_id' is missing");
        content.Release();
    }

    [Theory]
    [InlineData("""{"checkpoint":"a","prompt_column":"p","output_column":"o","separator":"","decoding":{"method":"greedy","max_new_tokens":0}}""", "MaxNewTokens is 0")]
    [InlineData("""{"checkpoint":"a","prompt_column":"p","output_column":"o","separator":"","decoding":{"method":"dreaming"}}""", "broken")]
    [InlineData("""{"checkpoint":"a","prompt_column":"","output_column":"o","separator":"","decoding":{"method":"greedy"}}""", "names no columns")]
    [InlineData("""{"format":9,"checkpoint":"a","prompt_column":"p","output_column":"o","separator":"","decoding":{"method":"greedy"}}""", "format 9")]
    [InlineData("""{"checkpoint":"a"}""", "broken")]
    [InlineData("""{"checkpoint":"a","prompt_column":"p","output_column":"o","separator":"","decoding":{"method":"greedy"},"files":["vocab.json","../outside.json"]}""", "names files that would not lie in a checkpoint's folder: '../outside.json'")]
    [InlineData("""{"checkpoint":"a","prompt_column":"p","output_column":"o","separator":"","decoding":{"method":"greedy"},"files":["/outside.json","C:\\x"]}""", "folder: '/outside.json', 'C:\\x'")]
    [InlineData("""{"checkpoint":"a","prompt_column":"p","output_column":"o","separator":"","decoding":{"method":"greedy"},"files":[null]}""", "would not lie in a checkpoint's folder")]
    [InlineData("null", "empty")]
    public void Parse_BrokenManifest_SaysWhatIsWrong(string json, string message) =>
        AssertMessage<InvalidDataException>(() => GenerationManifest.Parse(Encoding.UTF8.GetBytes(json)), message);

    private EvaGenerationTransformer Fit(EvaLoraGenerationOptions options) => _ml.Transforms.Text.EvaLoraGeneration(options).Fit(_data);

    private static void AssertMessage<T>(Func<object?> action, string message) where T : Exception => Assert.Contains(message, Assert.Throws<T>(action).Message);
}
