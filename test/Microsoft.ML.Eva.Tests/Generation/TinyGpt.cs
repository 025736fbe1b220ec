using System.Text.Json;
using Microsoft.ML.Data;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Generation;

/// <summary>A GPT-2 of some thousand random weights whose tokens are bytes, and a task that it learns in a second.</summary>
internal sealed class TinyGpt : IDisposable
{
    /// <summary>The end-of-text token, after the 256 bytes.</summary>
    public const int End = 256;

    /// <summary>The most tokens of a prompt and its completion.</summary>
    public const int Positions = 48;

    private const int Width = 24;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("eva-gpt-");

    public TinyGpt(Action<Dictionary<string, object?>>? changeConfig = null)
    {
        var config = new Dictionary<string, object?>
        {
            ["model_type"] = "gpt2", ["vocab_size"] = End + 1, ["n_positions"] = Positions, ["n_embd"] = Width, ["n_layer"] = 2, ["n_head"] = 4,
            ["eos_token_id"] = End, ["embd_pdrop"] = 0, ["attn_pdrop"] = 0, ["resid_pdrop"] = 0,
        };
        changeConfig?.Invoke(config);
        Write("config.json", JsonSerializer.Serialize(config));
        Write("vocab.json", JsonSerializer.Serialize(Letters().Select((letter, id) => (letter, id)).Append(("<|endoftext|>", End)).ToDictionary(token => token.Item1, token => token.Item2)));
        Write("merges.txt", "#version: 0.2\n");
        using var scope = NewDisposeScope();
        using var random = new Generator(5);
        SafetensorsWriter.WriteFile(Path.Combine(FullName, "model.safetensors"), Tensors(random));
    }

    /// <summary>The folder.</summary>
    public string FullName => _folder.FullName;

    /// <summary>Colours and shapes to sentences.</summary>
    public static IReadOnlyList<Row> Rows { get; } =
        [.. from color in new[] { "red", "blue", "green" } from shape in new[] { "box", "ball" } select new Row { Prompt = $"{color} {shape}", Completion = $"a {shape} in {color}" }];

    /// <summary>Options that learn the task by heart.</summary>
    public EvaLoraGenerationOptions Options(AdapterOptions? adapter = null, int epochs = 40) => new()
    {
        Checkpoint = Checkpoint.FromFolder(FullName),
        Adapter = adapter ?? new FullFineTuningOptions(),
        Training = new TrainingOptions { Epochs = epochs, BatchSize = 3, LearningRate = 1e-2 },
        Decoding = new GreedyOptions { MaxNewTokens = 20 },
    };

    /// <summary>All written texts.</summary>
    public static string[] Texts(IDataView data) => [.. data.GetColumn<string>("GeneratedText")];

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>Writes a file of the folder.</summary>
    public void Write(string name, string content) => File.WriteAllText(Path.Combine(FullName, name), content);

    // GPT-2's letters for bytes.
    private static IEnumerable<string> Letters()
    {
        var next = 0x100;
        for (var value = 0; value < 256; value++)
            yield return ((char)(value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE ? value : next++)).ToString();
    }

    private static Dictionary<string, Tensor> Tensors(Generator random)
    {
        var tensors = new Dictionary<string, Tensor> { ["wte.weight"] = Random(End + 1, Width), ["wpe.weight"] = Random(Positions, Width) };
        AddNorm("ln_f");
        for (var layer = 0; layer < 2; layer++)
        {
            AddNorm($"h.{layer}.ln_1");
            AddNorm($"h.{layer}.ln_2");
            AddLinear($"h.{layer}.attn.c_attn", Width, 3 * Width);
            AddLinear($"h.{layer}.attn.c_proj", Width, Width);
            AddLinear($"h.{layer}.mlp.c_fc", Width, 4 * Width);
            AddLinear($"h.{layer}.mlp.c_proj", 4 * Width, Width);
        }
        return tensors;

        Tensor Random(params long[] shape) => empty(shape).normal_(0, 0.15, random);

        void AddNorm(string name) => (tensors[$"{name}.weight"], tensors[$"{name}.bias"]) = (ones(Width), zeros(Width));

        void AddLinear(string name, long inputs, long outputs) => (tensors[$"{name}.weight"], tensors[$"{name}.bias"]) = (Random(inputs, outputs), zeros(outputs));
    }

    internal sealed class Row
    {
        public string? Prompt { get; set; }

        public string? Completion { get; set; }
    }

    internal sealed class Output
    {
        public string? GeneratedText { get; set; }
    }
}
