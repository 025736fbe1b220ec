using System.Text.Json;
using Microsoft.ML.Eva.Data.Tokenization;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Onnx;

/// <summary>What <see cref="EvaGenerationTransformer.SaveOnnx"/> wrote, used as a stranger would: by nothing but the folder's files.</summary>
internal sealed class ExportedGenerator : IDisposable
{
    private readonly RuntimeSession _session;
    private readonly TextTokenizer _tokenizer;

    public ExportedGenerator(string folder)
    {
        _session = new RuntimeSession(Path.Combine(folder, "model.onnx"));
        Description = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "inference.json"))).RootElement;
        Config = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "config.json"))).RootElement;
        var files = Directory.GetFiles(folder).ToDictionary(path => Path.GetFileName(path)!, File.ReadAllBytes);
        _tokenizer = TokenizerFactory.Create(Config.GetProperty("model_type").GetString()!, Config, files, "export");
    }

    public JsonElement Description { get; }

    public JsonElement Config { get; }

    public string Metadata => _session.Metadata["inference"];

    public IReadOnlyList<string> InputNames => _session.InputNames;

    /// <summary>The texts after the prompts, which fill one batch: always the best token, until each has ended.</summary>
    public string[] Write(params string[] prompts)
    {
        using var scope = NewDisposeScope();
        var rows = prompts.Select(prompt => _tokenizer.Encode(prompt + Description.GetProperty("separator").GetString(), null, int.MaxValue).Ids).ToList();
        var longest = rows.Max(row => row.Length);
        var ids = Matrix(rows, row => [.. Enumerable.Repeat(Description.GetProperty("pad_token_id").GetInt64(), longest - row.Length), .. row.Select(id => (long)id)]);
        var mask = Matrix(rows, row => [.. Enumerable.Repeat(0L, longest - row.Length), .. row.Select(_ => 1L)]);
        var heads = Config.GetProperty("n_head").GetInt32();
        var runner = new GraphRunner(_session, heads, Config.GetProperty("n_embd").GetInt32() / heads); // begins with an empty cache; the session stays ours
        var written = prompts.Select(_ => new List<int>()).ToArray();
        for (var step = 0; step < Description.GetProperty("decoding").GetProperty("max_new_tokens").GetInt32(); step++)
        {
            var chosen = runner.Scores(ids, mask).select(1, -1).argmax(-1, keepdim: true);
            foreach (var (row, token) in written.Zip(chosen.data<long>()))
                row.Add((int)token);
            ids = InputNames.Contains("past_key_values.0.key") ? chosen : cat([ids, chosen], 1);
            mask = cat([mask, ones_like(chosen)], 1);
        }
        var ends = Description.GetProperty("end_token_ids").EnumerateArray().Select(id => id.GetInt32()).ToHashSet();
        return [.. written.Select(row => _tokenizer.CreateDecoder()!.Decode([.. row.TakeWhile(token => !ends.Contains(token))]))];
    }

    public void Dispose() => _session.Dispose();

    private static Tensor Matrix(List<int[]> rows, Func<int[], long[]> values) => tensor(rows.SelectMany(values).ToArray(), [rows.Count, rows.Max(row => row.Length)]);
}
