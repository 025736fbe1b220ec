using System.Text.Json;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Data.Images;
using Microsoft.ML.Eva.Data.Tokenization;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Onnx;

/// <summary>What <see cref="EvaTransformer.SaveOnnx"/> wrote, used as a stranger would: by nothing but the folder's files.</summary>
internal sealed class ExportedFolder : IDisposable
{
    private readonly string _folder;
    private readonly RuntimeSession _session;

    public ExportedFolder(string folder)
    {
        _folder = folder;
        _session = new RuntimeSession(Path.Combine(folder, "model.onnx"));
        Description = Json("inference.json");
        Config = Json("config.json");
    }

    public JsonElement Description { get; }

    public JsonElement Config { get; }

    public string Metadata => _session.Metadata["inference"];

    public IReadOnlyList<string> InputNames => _session.InputNames;

    /// <summary>The scores of texts, or pairs of them, which are tokenized by the folder's files and fill one batch.</summary>
    public float[][] Score(params (string Text, string? Pair)[] rows)
    {
        var files = Directory.GetFiles(_folder).ToDictionary(path => Path.GetFileName(path)!, File.ReadAllBytes);
        var tokenizer = TokenizerFactory.Create(Config.GetProperty("model_type").GetString()!, Config, files, "export");
        Assert.Equal(tokenizer.PadId, Description.GetProperty("pad_token_id").GetInt32());
        var texts = new TextRows(tokenizer.VocabularySize);
        foreach (var (text, pair) in rows)
            texts.Add(tokenizer.Encode(text, pair, Description.GetProperty("max_tokens").GetInt32()));
        using var batch = new TextBatchSource(texts, new TextPadding(tokenizer.PadId, tokenizer.HasTokenTypes), CPU).Load([.. Enumerable.Range(0, rows.Length)]);
        return Score(batch);
    }

    /// <summary>The scores of picture files' contents, which are preprocessed by the folder's files and fill one batch.</summary>
    public float[][] Score(IReadOnlyList<byte[]> pictures)
    {
        var preprocessor = ImagePreprocessor.Create(Json("preprocessor_config.json"));
        var decoder = new PictureDecoder(PictureDecoding.AsSeen);
        var values = new float[pictures.Count * preprocessor.ValueCount];
        for (var i = 0; i < pictures.Count; i++)
            preprocessor.Encode(PictureSource.Content(pictures[i], "picture").Decode(decoder), "picture", values.AsSpan(i * preprocessor.ValueCount, preprocessor.ValueCount));
        using var batch = new Batch { Inputs = tensor(values, [pictures.Count, 3, preprocessor.Height, preprocessor.Width]) };
        return Score(batch);
    }

    public void Dispose() => _session.Dispose();

    private float[][] Score(Batch batch)
    {
        using var scope = NewDisposeScope();
        var outputs = _session.Run(batch);
        var scores = outputs.GetValueOrDefault("probabilities") ?? outputs["logits"];
        return [.. scores.data<float>().ToArray().Chunk((int)scores.shape[1])];
    }

    private JsonElement Json(string file) => JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder, file))).RootElement;
}
