using System.Text.Json;
using Microsoft.ML.Eva.Data;
using Microsoft.ML.Eva.Data.Labels;
using Microsoft.ML.Eva.Data.Tokenization;
using Microsoft.ML.Eva.Generation;
using Microsoft.ML.Eva.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Tests.Generation;

public sealed class PromptTokenizerTests : IDisposable
{
    private readonly TinyGpt _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("ab", "cd", 16, "ab|", "cd", true, false)]
    [InlineData("abcdefgh", "xyz", 8, "fgh|", "xyz", true, true)]
    [InlineData("abcdefgh", "uvwxyz", 8, "h|", "uvwxyz", false, true)]
    [InlineData("abcdefgh", "qrstuvwxyz", 8, "h|", "qrstuv", false, true)]
    [InlineData("a", "qrstuvwxyz", 8, "a|", "qrstuv", false, true)]
    public void Example_LongRows_AreCutAsDocumented(string prompt, string completion, int most, string promptLeft, string completionLeft, bool isEnded, bool isCut)
    {
        var (row, wasCut) = Create("|").Example(prompt, completion, most);

        Assert.Equal(isCut, wasCut);
        Assert.Equal(promptLeft, Text(row.Ids[..row.SecondStart]));
        Assert.Equal(completionLeft, Text(isEnded ? row.Ids[row.SecondStart..^1] : row.Ids[row.SecondStart..]));
        Assert.Equal(isEnded, row.Ids[^1] == TinyGpt.End);
        Assert.True(row.Ids.Length <= most);
    }

    [Fact]
    public void Prompt_Empty_IsTheEndToken() => Assert.Equal([TinyGpt.End], Create("").Prompt("", 8));

    [Fact]
    public void ToTensor_Completions_AreLabelledAlone()
    {
        using var scope = NewDisposeScope();
        var rows = new TextRows(TinyGpt.End + 1);
        var tokenizer = Create("|");
        rows.Add(tokenizer.Example("ab", "c", 16).Row);
        rows.Add(tokenizer.Example("", "cdef", 16).Row);
        var source = new TextBatchSource(rows, new TextPadding(TinyGpt.End, false), CPU, new CompletionLabels(rows));

        using var batch = source.Load([0, 1]);

        const long none = CompletionLabels.Ignored;
        Assert.Equal([none, none, none, 'c', TinyGpt.End, none, none, 'c', 'd', 'e', 'f', TinyGpt.End], batch.Labels!.data<long>().ToArray());
        using var loss = new NextTokenLoss();
        Assert.Equal(7, loss.CountOf(batch));
    }

    [Fact]
    public void Compute_LabelSmoothing_IsTheMixture()
    {
        using var scope = NewDisposeScope();
        using var random = new Generator(2);
        using var batch = new Batch
        {
            Inputs = zeros(2, 4, int64).DetachFromDisposeScope(),
            Labels = tensor(new long[] { -100, 2, 1, -100, -100, -100, 0, 4 }, [2, 4]).DetachFromDisposeScope(),
        };
        var scores = empty(2, 4, 5).normal_(0, 1, random);
        var losses = -scores.log_softmax(-1);
        var (rows, places, labels) = (new[] { 0, 0, 1, 1 }, new[] { 0, 1, 1, 2 }, new[] { 2, 1, 0, 4 });
        var expected = Enumerable.Range(0, 4).Average(i => 0.8 * losses[rows[i], places[i], labels[i]].item<float>() + 0.2 * losses[rows[i], places[i]].mean().item<float>());

        using var loss = new NextTokenLoss(0.2);

        Assert.Equal(expected, loss.Compute(scores, batch).item<float>(), 1e-5);
        using var plain = new NextTokenLoss();
        Assert.NotEqual(plain.Description, loss.Description);
    }

    private PromptTokenizer Create(string separator) => new(Tokenizer(), new EndTokens([TinyGpt.End]), separator);

    private TextTokenizer Tokenizer()
    {
        var files = Directory.GetFiles(_folder.FullName, "*.*").Where(file => !file.EndsWith(".safetensors", StringComparison.Ordinal)).ToDictionary(file => Path.GetFileName(file), File.ReadAllBytes);
        return TokenizerFactory.Create("gpt2", JsonDocument.Parse(files["config.json"]).RootElement, files, "tiny");
    }

    private string Text(IReadOnlyList<int> ids) => Tokenizer().CreateDecoder()!.Decode(ids);
}
