using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Microsoft.ML.Eva.Tests.Data.Tokenization;

[Trait("Category", "Fixtures")]
public class TokenizerFaultTests
{
    public static TheoryData<string> Folders => [.. TokenizerFixture.Folders];

    [Theory]
    [MemberData(nameof(Folders))]
    public void Create_WithoutTokenizerFiles_NamesWhatIsMissing(string folder)
    {
        var files = TokenizerFixture.Files(folder);
        var fault = Assert.Throws<InvalidDataException>(() => TokenizerFixture.Create(new Dictionary<string, byte[]> { ["config.json"] = files["config.json"] }, "my-model"));
        Assert.Contains("my-model", fault.Message);
        Assert.Contains("tokenizer.json", fault.Message);
    }

    [Fact]
    public void Create_FolderWithoutTokenizer_NamesBothForms()
    {
        var fault = Assert.Throws<InvalidDataException>(() => TokenizerFixture.Create(TokenizerFixture.Files("invalid/tokenizer-missing"), "invalid/tokenizer-missing"));
        Assert.Contains("tokenizer.json, or vocab.txt", fault.Message);
        Assert.Contains("invalid/tokenizer-missing", fault.Message);
    }

    [Fact]
    public void Create_MoreTokensThanTheModelHas_NamesBothSizes()
    {
        var files = TokenizerFixture.Files("invalid/vocab-larger-than-table");
        var fault = Assert.Throws<InvalidDataException>(() => TokenizerFixture.Create(files));
        Assert.Contains("vocab_size", fault.Message);
        using var config = JsonDocument.Parse(files["config.json"]);
        Assert.Contains(config.RootElement.GetProperty("vocab_size").ToString(), fault.Message);
        Assert.NotNull(TokenizerFixture.Create(TokenizerFixture.Files("invalid/vocab-smaller-than-table")));
    }

    [Theory]
    [InlineData("", "JSON")]
    [InlineData("{\"model\": {\"type\": \"WordP", "JSON")]
    [InlineData("[1, 2]", "array")]
    [InlineData("{}", "pre_tokenizer")]
    [InlineData("{\"pre_tokenizer\": 7}", "pre_tokenizer should be an object")]
    [InlineData("{\"pre_tokenizer\": {\"type\": \"BertPreTokenizer\"}, \"model\": {\"type\": \"WordPiece\", \"vocab\": {\"\\ud800\": 1}}}", "Unicode")]
    public void Create_BrokenTokenizerJson_SaysWhat(string json, string expected)
    {
        var files = TokenizerFixture.Files("tokenizers/bert-uncased");
        files["tokenizer.json"] = Encoding.UTF8.GetBytes(json);
        var fault = Assert.Throws<InvalidDataException>(() => TokenizerFixture.Create(files));
        Assert.Contains("tokenizer.json", fault.Message);
        Assert.Contains(expected, fault.Message);
    }

    [Theory]
    [InlineData("bert-uncased", "pre_tokenizer/type", "\"Whitespace\"", "Whitespace")]
    [InlineData("bert-uncased", "normalizer/type", "\"Nmt\"", "Nmt")]
    [InlineData("bert-uncased", "normalizer/lowercase", "1", "normalizer.lowercase")]
    [InlineData("bert-uncased", "model/type", "\"WordLevel\"", "WordLevel")]
    [InlineData("bert-uncased", "model/unk_token", "\"[MISSING]\"", "[MISSING]")]
    [InlineData("bert-uncased", "model/vocab/the", "-1", "-1")]
    [InlineData("bert-uncased", "model/vocab/the", "2", "[CLS]")]
    [InlineData("bert-uncased", "model/vocab/the", "3.5", "3.5")]
    [InlineData("bert-uncased", "model/vocab/the", "1e300", "1e300")]
    [InlineData("bert-uncased", "model/vocab/the", "2000000000", "2000000000")]
    [InlineData("bert-uncased", "model/vocab/the", "\"7\"", "7")]
    [InlineData("bert-uncased", "model/max_input_chars_per_word", "1000000000", "max_input_chars_per_word")]
    [InlineData("bert-uncased", "post_processor/type", "\"Odd\"", "Odd")]
    [InlineData("bert-uncased", "post_processor/special_tokens/[CLS]/ids/0", "100000", "100000")]
    [InlineData("bert-uncased", "post_processor/single/1/Sequence/id", "\"B\"", "post_processor.single[1].Sequence")]
    [InlineData("bert-uncased", "post_processor/pair/3/Sequence/type_id", "2", "token types")]
    [InlineData("bert-uncased", "added_tokens/1/id", "0", "added_tokens[1]")]
    [InlineData("roberta", "model/merges/3", "[\"zz\", \"qq\"]", "model.merges[3]")]
    [InlineData("roberta", "model/merges/3", "\"a b c\"", "model.merges[3]")]
    [InlineData("roberta", "model/dropout", "0.1", "model.dropout")]
    [InlineData("roberta", "model/byte_fallback", "true", "byte_fallback")]
    [InlineData("roberta", "model/end_of_word_suffix", "\"</w>\"", "end_of_word_suffix")]
    [InlineData("roberta", "post_processor/sep/1", "123456", "123456")]
    [InlineData("deberta-v3", "model/unk_id", "99999999", "99999999")]
    [InlineData("deberta-v3", "model/vocab/9/1", "\"x\"", "model.vocab[9][1]")]
    [InlineData("deberta-v3", "model/vocab/9/1", "1e999", "1e999")]
    [InlineData("deberta-v3", "normalizer/normalizers/0/pattern/Regex", "\"(a\"", "pattern")]
    [InlineData("deberta-v3", "normalizer/normalizers/0/pattern/Regex", "\"((a{1,900}){1,900}){1,900}\"", "repeats")]
    [InlineData("deberta-v3", "normalizer/normalizers/0/pattern/Regex", "\"(?<=a)b\"", "pattern")]
    [InlineData("deberta-v3", "pre_tokenizer/pretokenizers/0/prepend_scheme", "\"sometimes\"", "sometimes")]
    [InlineData("xlm-roberta", "normalizer/precompiled_charsmap", "\"AAAA\"", "character map")]
    [InlineData("xlm-roberta", "normalizer/precompiled_charsmap", "\"/////wAA\"", "character map")]
    [InlineData("xlm-roberta", "normalizer/precompiled_charsmap", "\"%\"", "character map")]
    public void Create_OneValueWrong_NamesFileAndPlace(string folder, string path, string value, string expected)
    {
        var files = TokenizerFixture.Files(Path.Combine("tokenizers", folder));
        files["tokenizer.json"] = Replace(files["tokenizer.json"], path.Split('/'), value);
        var fault = Assert.Throws<InvalidDataException>(() => TokenizerFixture.Create(files));
        Assert.Contains("tokenizer.json", fault.Message);
        Assert.Contains(expected, fault.Message);
    }

    [Theory]
    [InlineData("bert-uncased", "vocab.txt", "[PAD]\nthe\n", "[UNK]")]
    [InlineData("bert-uncased", "vocab.txt", "[PAD]\n[UNK]\n[CLS]\n", "[SEP]")]
    [InlineData("bert-uncased", "vocab.txt", "", "[UNK]")]
    [InlineData("mpnet", "vocab.txt", "[UNK]\n<s>\n", "</s>")]
    [InlineData("roberta", "vocab.json", "{\"a\": ", "vocab.json is no valid JSON")]
    [InlineData("roberta", "vocab.json", "{\"a\": 1, \"b\": 1}", "the id 1 to both")]
    [InlineData("roberta", "merges.txt", "a b c\n", "a b c")]
    [InlineData("roberta", "merges.txt", "unheard of\n", "unheard")]
    [InlineData("gpt2", "merges.txt", "qqq zzz\n", "not in the vocabulary")]
    [InlineData("deberta-v3", "spm.model", "not a model", "spm.model")]
    [InlineData("xlm-roberta", "sentencepiece.bpe.model", "", "sentencepiece.bpe.model")]
    public void Create_BrokenVocabularyFile_NamesIt(string folder, string file, string content, string expected)
    {
        var files = TokenizerFixture.Files(Path.Combine("tokenizers", folder));
        files.Remove("tokenizer.json");
        files[file] = Encoding.UTF8.GetBytes(content);
        var fault = Assert.Throws<InvalidDataException>(() => TokenizerFixture.Create(files));
        Assert.Contains(file, fault.Message);
        Assert.Contains(expected, fault.Message);
    }

    [Fact]
    public void Create_DeepJson_IsRefused()
    {
        var files = TokenizerFixture.Files("tokenizers/bert-uncased");
        files["tokenizer.json"] = Encoding.UTF8.GetBytes(new string('[', 1_000_000));
        Assert.Throws<InvalidDataException>(() => TokenizerFixture.Create(files));
    }

    private static byte[] Replace(byte[] json, string[] path, string value)
    {
        var root = JsonNode.Parse(json)!;
        var parent = path[..^1].Aggregate(root, (node, name) => node is JsonArray array ? array[int.Parse(name)]! : node[name]!);
        var replaced = Guid.NewGuid().ToString();
        if (parent is JsonArray list)
            list[int.Parse(path[^1])] = replaced;
        else
            parent[path[^1]] = replaced;
        return Encoding.UTF8.GetBytes(root.ToJsonString().Replace($"\"{replaced}\"", value)); // raw, so that 1e999 arrives as it is
    }
}
