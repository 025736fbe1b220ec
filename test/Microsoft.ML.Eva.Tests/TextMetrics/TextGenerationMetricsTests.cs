using Microsoft.ML.Eva.TextMetrics;

namespace Microsoft.ML.Eva.Tests.TextMetrics;

public sealed class TextGenerationMetricsTests
{
    private static readonly string[] Texts = ["The dog bit the man.", "It wasn't surprising.", "The man had just bitten him."];

    // The example of sacreBLEU's README, and its variant without the first reference of the first text.
    [Fact]
    public void Bleu_SacreBleusExample_IsEqual()
    {
        string[][] references = [["The dog bit the man.", "The dog had bit the man."], ["It was not unexpected.", "No one was surprised."], ["The man bit him first.", "The man had bitten the dog."]];

        var metrics = TextGenerationMetrics.Evaluate(Texts, references);

        Assert.Equal(48.53, metrics.Bleu, 0.005);
        Assert.Equal([82.4, 50.0, 45.5, 37.5], metrics.BleuPrecisions.Select(precision => Math.Round(precision, 1)));
        Assert.Equal(0.943, metrics.BrevityPenalty, 0.0005);
        Assert.Equal(0.944, metrics.LengthRatio, 0.0005);
        var fewer = TextGenerationMetrics.Evaluate(Texts, [references[0][1..], references[1], references[2]]);
        Assert.Equal(29.44, fewer.Bleu, 0.005);
        Assert.Equal([82.4, 42.9, 27.3, 12.5], fewer.BleuPrecisions.Select(precision => Math.Round(precision, 1)));
    }

    [Theory]
    [InlineData("Hello, world! It's 3,000.50 euros - or 5-6?", "Hello , world ! It's 3,000.50 euros - or 5 - 6 ?")]
    [InlineData("A.B., c. 3. x.5", "A . B . , c . 3 . x . 5")]
    [InlineData("&quot;a&quot; &amp; b<skipped>", "\" a \" & b")]
    [InlineData("up-\nto two\nlines  ", "upto two lines")]
    [InlineData("Größe (m²) 100%", "Größe ( m² ) 100 %")]
    public void Split_EveryRule_IsApplied(string text, string words) => Assert.Equal(words.Split(' '), WesternTokenizer.Split(text));

    // The example of rouge_score's documentation.
    [Fact]
    public void RougeL_GooglesExample_IsEqual()
    {
        var metrics = TextGenerationMetrics.Evaluate(["The quick brown dog jumps on the log."], [["The quick brown fox jumps over the lazy dog"]]);

        Assert.Equal(0.5882352941176471, metrics.RougeL, 1e-12);
    }

    // Worked out by hand: a tells log2(4/2), b log2(4/1), "a b" log2(2/1); half as long as the reference.
    [Fact]
    public void Nist_WorkedExample_IsEqual()
    {
        var penalty = Math.Exp(-Math.Log(2) / Math.Pow(Math.Log(1.5), 2) * Math.Pow(Math.Log(0.5), 2));

        Assert.Equal((1.5 + 1) * penalty, Evaluate("a b", "A b a c").Nist, 1e-12);
        Assert.Equal(2 * Math.Log2(3) / 3, Evaluate("a b c", "a b d").Nist, 1e-12);
        Assert.Equal(0.5, Evaluate("a b", "a b c").Nist / (2 * Math.Log2(3) / 2), 1e-12); // two thirds of the length keep half
    }

    [Fact]
    public void Nist_SeveralReferences_CountTogether()
    {
        // words 6; a 2, b 2, c 2; "a b" in one of two places after a
        var metrics = TextGenerationMetrics.Evaluate(["a b c"], [["a b c", "a c b"]]);

        Assert.Equal(Math.Log2(3) + (1 + 1) / 2.0 + 0, metrics.Nist, 1e-12);
    }

    [Fact]
    public void Evaluate_EqualTexts_AreBest()
    {
        var metrics = TextGenerationMetrics.Evaluate(Texts, [.. Texts.Select(text => new[] { "something else entirely", text })]);

        Assert.Equal((100.0, 1.0, 1.0), (Math.Round(metrics.Bleu, 9), metrics.RougeL, metrics.BrevityPenalty));
    }

    [Fact]
    public void Evaluate_NothingInCommonOrNothingAtAll_IsZero()
    {
        Assert.Equal((0.0, 0.0, 0.0), (Evaluate("x y z w", "a b c d").Bleu, Evaluate("x y", "a b").Nist, Evaluate("x", "a").RougeL));
        Assert.Equal((0.0, 0.0, 0.0), (Evaluate("", "a b").Bleu, Evaluate("", "a b").Nist, Evaluate("", "a").RougeL));
        Assert.True(Evaluate("a b x y", "a c d e").Bleu > 0); // smoothed
    }

    [Fact]
    public void Evaluate_BadInput_SaysWhatIsWrong()
    {
        Assert.Contains("There is no text", Assert.Throws<ArgumentException>(() => TextGenerationMetrics.Evaluate([], [])).Message);
        Assert.Contains("There are 1 texts and references for 2", Assert.Throws<ArgumentException>(() => TextGenerationMetrics.Evaluate(["a"], [["a"], ["b"]])).Message);
        Assert.Contains("Text 1 (counted from 0) must have at least one reference", Assert.Throws<ArgumentException>(() => TextGenerationMetrics.Evaluate(["a", "b"], [["a"], []])).Message);
        Assert.Contains("All references are empty", Assert.Throws<ArgumentException>(() => TextGenerationMetrics.Evaluate(["a"], [[" "]])).Message);
    }

    [Fact]
    public void EvaluateGeneration_RowsOfOnePrompt_AreReferencesOfOneText()
    {
        var ml = new MLContext();
        var data = ml.Data.LoadFromEnumerable([
            new { Prompt = "1", GeneratedText = Texts[0], Completion = "The dog bit the man." }, new { Prompt = "2", GeneratedText = Texts[1], Completion = "It was not unexpected." },
            new { Prompt = "3", GeneratedText = Texts[2], Completion = "The man bit him first." }, new { Prompt = "1", GeneratedText = Texts[0], Completion = "The dog had bit the man." },
            new { Prompt = "2", GeneratedText = Texts[1], Completion = "No one was surprised." }, new { Prompt = "3", GeneratedText = Texts[2], Completion = "The man had bitten the dog." },
        ]);

        Assert.Equal(48.53, ml.Transforms.Text.EvaluateGeneration(data, promptColumnName: "Prompt").Bleu, 0.005);
        Assert.Equal(6, ml.Transforms.Text.EvaluateGeneration(data).Texts);
        Assert.Contains("There is no column 'Answer'", Assert.Throws<ArgumentException>(() => ml.Transforms.Text.EvaluateGeneration(data, "Answer")).Message);
    }

    private static TextGenerationMetrics Evaluate(string text, string reference) => TextGenerationMetrics.Evaluate([text], [[reference]]);
}
