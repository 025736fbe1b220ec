using System.Text.Json;
using Microsoft.ML.Eva.Tests.Generation;

namespace Microsoft.ML.Eva.Tests.MLNet;

/// <summary>Text generators through the public API.</summary>
public sealed class GenerationTests : IDisposable
{
    private readonly TinyGpt _folder = new();
    private readonly MLContext _ml = new(seed: 1);
    private readonly IDataView _data;

    public GenerationTests() => _data = _ml.Data.LoadFromEnumerable(TinyGpt.Rows);

    // A language model has no new head that could be trained alone.
    public static TheoryData<string> Ways => [.. Methods.All.Where(way => way.Value() is not HeadOnlyOptions).Select(way => way.Key)];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Fit_AllWeights_LearnsTheTextsByHeart()
    {
        using var model = _ml.Transforms.Text.EvaLoraGeneration(_folder.Options()).Fit(_data);
        var expected = TinyGpt.Rows.Select(row => row.Completion!).ToArray();
        var prompts = TinyGpt.Rows.Select(row => row.Prompt!).ToArray();

        Assert.Equal(expected, TinyGpt.Texts(model.Transform(_data)));
        using var engine = _ml.Model.CreatePredictionEngine<TinyGpt.Row, TinyGpt.Output>(model, new PredictionEngineOptions { OwnsTransformer = false });
        Assert.Equal(expected, TinyGpt.Rows.Select(row => engine.Predict(row).GeneratedText));
        Assert.Equal(expected, model.GenerateAll(prompts));
        Assert.Equal(expected[2], model.Generate(prompts[2]));
        Assert.Equal(expected, prompts.Select(prompt => string.Concat(model.Stream(prompt))));
        var pieces = new List<string>();
        await foreach (var piece in model.StreamAsync(prompts[1]))
            pieces.Add(piece);
        Assert.Equal(expected[1], string.Concat(pieces));
        Assert.Equal(expected[1].Length, pieces.Count); // a byte is a token
        Assert.Equal(expected, model.GenerateAll(prompts, new BeamSearchOptions { MaxNewTokens = 20 }));
        Assert.Equal(100, _ml.Transforms.Text.EvaluateGeneration(model.Transform(_data)).Bleu, 1e-9);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Fit_EveryMethod_ForeseesTheTextsBetter(string way)
    {
        using var before = EvaGenerationTransformer.FromCheckpoint(_ml, _folder.Options());
        using var model = _ml.Transforms.Text.EvaLoraGeneration(_folder.Options(Methods.All[way](), epochs: 30)).Fit(_data);

        Assert.True(model.Perplexity(_data) < 0.9 * before.Perplexity(_data), $"{way}: perplexity {before.Perplexity(_data)} to {model.Perplexity(_data)}");
        Assert.Equal(TinyGpt.Rows.Count, TinyGpt.Texts(model.Transform(_data)).Length);
        Assert.Equal(Methods.All[way]().Start is EvaOptions, model.Report!.EvaBatches > 0);
    }

    [Fact]
    public void Precision_OfFittedModel_ForeseesNearlyTheSameAndIsSaved()
    {
        var options = _folder.Options(epochs: 30);
        options.Training.Precision = ComputePrecision.BFloat16;
        using var model = _ml.Transforms.Text.EvaLoraGeneration(options).Fit(_data);
        var exact = model.Perplexity(_data);

        model.Precision = ComputePrecision.BFloat16;
        var rounded = model.Perplexity(_data);
        using var file = new MemoryStream();
        _ml.Model.Save(model, _data.Schema, file);
        using var loaded = (EvaGenerationTransformer)_ml.Model.Load(file, out _);

        Assert.Equal("BFloat16", model.Report!.Settings["Training.Precision"]);
        Assert.NotEqual(exact, rounded);
        Assert.Equal(exact, rounded, 0.05 * exact);
        Assert.Equal(ComputePrecision.BFloat16, loaded.Precision);
        Assert.Equal(TinyGpt.Texts(model.Transform(_data)), TinyGpt.Texts(loaded.Transform(_data)));
        Assert.Contains("Float32, BFloat16", Assert.Throws<ArgumentOutOfRangeException>(() => loaded.Precision = (ComputePrecision)5).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Save_AndLoad_GivesTheSameTextsAndSettings()
    {
        var options = _folder.Options(new LoraOptions { Rank = 4 }, epochs: 5);
        (options.Separator, options.LabelSmoothing) = (" = ", 0.1);
        using var model = _ml.Transforms.Text.EvaLoraGeneration(options).Fit(_data);
        model.Decoding = new SamplingOptions { MaxNewTokens = 12, Temperature = 0.8, TopK = 30, TopP = 0.95, Seed = 3, StopSequences = ["x"], NoRepeatNgramSize = 4 };
        using var file = new MemoryStream();
        _ml.Model.Save(model, _data.Schema, file);

        using var loaded = (EvaGenerationTransformer)new MLContext().Model.Load(file, out _);

        Assert.Equal(TinyGpt.Texts(model.Transform(_data)), TinyGpt.Texts(loaded.Transform(_data)));
        var decoding = Assert.IsType<SamplingOptions>(loaded.Decoding);
        Assert.Equal((12, 0.8, 30, 0.95, 3, 4), (decoding.MaxNewTokens, decoding.Temperature, decoding.TopK, decoding.TopP, decoding.Seed, decoding.NoRepeatNgramSize));
        Assert.Equal(["x"], decoding.StopSequences);
        Assert.Equal(model.Report!.Losses, loaded.Report!.Losses);
        Assert.Equal(("0.1", "cpu"), (model.Report.Settings["LabelSmoothing"], model.Report.Environment["Device"]));
        Assert.Empty(loaded.Report.Environment); // the same seed gives the same file on every machine
        loaded.Decoding = new BeamSearchOptions { Beams = 2, LengthPenalty = 0.5, MaxNewTokens = 5 };
        using var again = new MemoryStream();
        _ml.Model.Save(loaded, _data.Schema, again);
        Assert.Equal(0.5, Assert.IsType<BeamSearchOptions>(((EvaGenerationTransformer)_ml.Model.Load(again, out _)).Decoding).LengthPenalty);
    }

    [Fact]
    public void SaveAdapterAndSaveCheckpoint_AreReadBack()
    {
        var target = Directory.CreateTempSubdirectory("eva-gpt-");
        using var half = new TinyGpt(config => config["dtype"] = "float16");
        using var model = _ml.Transforms.Text.EvaLoraGeneration(half.Options(new LoraOptions { Rank = 4 }, epochs: 8)).Fit(_data);
        var texts = TinyGpt.Texts(model.Transform(_data));

        model.SaveAdapter(Path.Combine(target.FullName, "adapter"));
        model.SaveCheckpoint(Path.Combine(target.FullName, "whole"));

        using var config = JsonDocument.Parse(File.ReadAllText(Path.Combine(target.FullName, "adapter", "adapter_config.json")));
        Assert.Equal("CAUSAL_LM", config.RootElement.GetProperty("task_type").GetString());
        using var fromAdapter = EvaGenerationTransformer.FromAdapter(_ml, Path.Combine(target.FullName, "adapter"), _folder.Options());
        Assert.Equal(texts, TinyGpt.Texts(fromAdapter.Transform(_data)));
        var options = _folder.Options();
        options.Checkpoint = Checkpoint.FromFolder(Path.Combine(target.FullName, "whole"));
        Assert.Equal("float32", JsonDocument.Parse(File.ReadAllText(Path.Combine(target.FullName, "whole", "config.json"))).RootElement.GetProperty("dtype").GetString());
        using var whole = EvaGenerationTransformer.FromCheckpoint(_ml, options);
        Assert.Equal(texts, TinyGpt.Texts(whole.Transform(_data)));
        Assert.Contains("no adapter to write", Assert.Throws<InvalidOperationException>(() => whole.SaveAdapter(target.FullName)).Message);
        target.Delete(recursive: true);
    }

    [Fact]
    public void Fit_PromptTokensCountedByEva_ChangesTheComponents()
    {
        var ways = new[] { true, false }.Select(excludes =>
        {
            var adapter = new LoraOptions { Rank = 4, Initialization = new EvaOptions { ExcludesUnlabeledTokens = excludes, BatchSize = 6, MaxBatches = 4 } };
            using var model = _ml.Transforms.Text.EvaLoraGeneration(_folder.Options(adapter, epochs: 1)).Fit(_data);
            return model.Report!.ExplainedVariance["h.0.attn.c_attn"];
        }).ToList();

        Assert.NotEqual(ways[0], ways[1]);
    }

    [Fact]
    public void Fit_ValidationSet_KeepsTheEpochOfLowestPerplexity()
    {
        var options = _folder.Options(epochs: 4);
        options.ValidationSet = _data;
        using var model = _ml.Transforms.Text.EvaLoraGeneration(options).Fit(_data);

        Assert.Equal("Perplexity", model.Report!.MetricName);
        Assert.Equal(4, model.Report.ValidationMetrics.Count);
        Assert.Equal(model.Report.ValidationMetrics.Min(), model.Perplexity(_data), 1e-3);
        Assert.Equal(model.Report.ValidationMetrics[^1], Math.Exp(model.Report.ValidationLosses[^1]), 1e-3);
    }

    [Fact]
    public void Fit_StoppedAndStartedAgain_EndsWithTheSameLosses()
    {
        using var whole = _ml.Transforms.Text.EvaLoraGeneration(Resumable(null)).Fit(_data);
        var checkpoints = Directory.CreateTempSubdirectory("eva-gpt-");
        using var source = new CancellationTokenSource();
        var options = Resumable(checkpoints.FullName);
        options.Training.Progress = new Stopper(source);
        options.Training.CancellationToken = source.Token;
        using var stopped = _ml.Transforms.Text.EvaLoraGeneration(options).Fit(_data);
        Assert.True(stopped.Report!.IsCancelled);
        Assert.True(stopped.Report.Losses.Count < whole.Report!.Losses.Count);

        using var resumed = _ml.Transforms.Text.EvaLoraGeneration(Resumable(checkpoints.FullName)).Fit(_data);

        Assert.Equal(whole.Report.Losses, resumed.Report!.Losses);
        Assert.Equal(TinyGpt.Texts(whole.Transform(_data)), TinyGpt.Texts(resumed.Transform(_data)));
        checkpoints.Delete(recursive: true);

        EvaLoraGenerationOptions Resumable(string? folder)
        {
            var resumable = _folder.Options(new LoraOptions { Rank = 2 }, epochs: 4);
            (resumable.LabelSmoothing, resumable.Training.GradientAccumulation) = (0.1, 2);
            (resumable.Training.CheckpointFolder, resumable.Training.BatchSize) = (folder, 1);
            return resumable;
        }
    }

    [Fact]
    public async Task Generate_ManyThreads_GiveTheSameTexts()
    {
        using var model = EvaGenerationTransformer.FromCheckpoint(_ml, _folder.Options());
        var prompts = TinyGpt.Rows.Select(row => row.Prompt!).ToArray();
        var expected = model.GenerateAll(prompts);

        var all = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => (model.GenerateAll(prompts), TinyGpt.Texts(model.Transform(_data))))));

        Assert.All(all, texts => Assert.Equal(expected, texts.Item1));
        Assert.All(all, texts => Assert.Equal(expected, texts.Item2));
    }

    [Fact]
    public void Dispose_UsedAfterwards_IsRefused()
    {
        var model = EvaGenerationTransformer.FromCheckpoint(_ml, _folder.Options());
        var view = model.Transform(_data);
        model.Dispose();
        model.Dispose();

        Assert.Throws<ObjectDisposedException>(() => model.Generate("x"));
        Assert.Throws<ObjectDisposedException>(() => model.Stream("x").ToList());
        Assert.Throws<ObjectDisposedException>(() => model.Transform(_data));
        Assert.Throws<ObjectDisposedException>(() => TinyGpt.Texts(view));
        Assert.Throws<ObjectDisposedException>(() => model.SaveCheckpoint("x"));
    }

    [Fact]
    public void Fit_ContextCancelled_StopsWithinOneStepAndKeepsTheModel()
    {
        var ml = new MLContext(seed: 1);
        var options = _folder.Options(new LoraOptions { Rank = 2 }, epochs: 4);
        options.Training.BatchSize = 1;
        options.Training.Progress = new ContextStopper(ml);

        using var model = ml.Transforms.Text.EvaLoraGeneration(options).Fit(_data);

        Assert.True(model.Report!.IsCancelled);
        Assert.Equal(3, model.Report.Losses.Count);
    }

    private sealed class ContextStopper(MLContext ml) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value is { Phase: TrainingPhase.Training, Step: 3 })
                TinyData.Cancel(ml);
        }
    }

    private sealed class Stopper(CancellationTokenSource source) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value is { Phase: TrainingPhase.Training, Epoch: >= 2 })
                source.Cancel();
        }
    }
}
