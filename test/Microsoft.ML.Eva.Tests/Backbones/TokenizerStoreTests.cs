using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Data.Tokenization;

namespace Microsoft.ML.Eva.Tests.Backbones;

public class TokenizerStoreTests
{
    private static readonly string[] Words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad"];

    [Fact]
    public void Tokenizer_FilesThatSayTheSame_IsShared()
    {
        var first = Content(Words).Tokenizer;

        Assert.Same(first, Content(Words).Tokenizer);
        Assert.NotSame(first, Content([.. Words, "fair"]).Tokenizer);
        Assert.NotSame(first, Content(Words, name: "another").Tokenizer);
        Assert.NotSame(first, Content(Words, config: """{"model_type":"bert","max_position_embeddings":9}""").Tokenizer);
        GC.KeepAlive(first);
    }

    [Fact]
    public void Tokenizer_OfContentsThatAreGone_IsFreed()
    {
        var gone = Forgotten();
        for (var i = 0; i < 10 && gone.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(gone.IsAlive);
        Assert.Equal(["good"], Texts(Content(Words, name: "forgotten").Tokenizer));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Forgotten() => new(Content(Words, name: "forgotten").Tokenizer);

    private static IEnumerable<string> Texts(TextTokenizer tokenizer) => tokenizer.Encode("good", null, 8).Ids[1..^1].Select(id => Words[id]);

    private static CheckpointContent Content(string[] words, string name = "words", string config = """{"model_type":"bert"}""")
    {
        using var json = JsonDocument.Parse(config);
        return new CheckpointContent
        {
            Name = name,
            Config = json.RootElement.Clone(),
            Tensors = new Dictionary<string, TorchSharp.torch.Tensor>(),
            Files = new Dictionary<string, byte[]> { ["vocab.txt"] = Encoding.UTF8.GetBytes(string.Join('\n', words)) },
        };
    }
}
