using System.Globalization;
using Microsoft.ML.Eva.TextMetrics;

namespace Microsoft.ML.Eva;

/// <summary>How close written texts come to texts that people wrote. Made by <see cref="Evaluate(IReadOnlyList{string}, IReadOnlyList{IReadOnlyList{string}})"/> or <c>mlContext.Transforms.Text.EvaluateGeneration</c>.</summary>
public sealed class TextGenerationMetrics
{
    private TextGenerationMetrics(int texts, Bleu bleu, double nist, double rougeL) =>
        (Texts, Bleu, BleuPrecisions, BrevityPenalty, LengthRatio, Nist, RougeL) =
        (texts, bleu.Score, bleu.Precisions, bleu.BrevityPenalty, (double)bleu.TextLength / bleu.ReferenceLength, nist, rougeL);

    /// <summary>Gets the number of texts compared.</summary>
    public int Texts { get; }

    /// <summary>Gets BLEU over the whole corpus, equal to sacreBLEU's with its defaults (tokenizer 13a, case kept, exponential smoothing).</summary>
    /// <value>0 to 100.</value>
    public double Bleu { get; }

    /// <summary>Gets BLEU's precisions of one to four words.</summary>
    /// <value>Each 0 to 100.</value>
    public IReadOnlyList<double> BleuPrecisions { get; }

    /// <summary>Gets BLEU's factor for texts that are shorter than their references.</summary>
    /// <value>0 to 1.</value>
    public double BrevityPenalty { get; }

    /// <summary>Gets the texts' length in words over that of the references closest in length.</summary>
    public double LengthRatio { get; }

    /// <summary>Gets NIST over the whole corpus, defined as in mteval-v13a: lower case, up to five words.</summary>
    /// <value>At least 0; what can be reached depends on the references.</value>
    public double Nist { get; }

    /// <summary>Gets the mean F1 of the longest common subsequences of words, as rouge_score computes it without stemming; of several references the best counts.</summary>
    /// <value>0 to 1.</value>
    public double RougeL { get; }

    /// <summary>Compares texts with references.</summary>
    /// <param name="texts">The written texts.</param>
    /// <param name="references">For each text, in their order, at least one reference.</param>
    /// <exception cref="ArgumentException">There is no text, or there are not as many lists of references as texts, or one of them is empty.</exception>
    public static TextGenerationMetrics Evaluate(IReadOnlyList<string> texts, IReadOnlyList<IReadOnlyList<string>> references)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentNullException.ThrowIfNull(references);
        if (texts.Count == 0)
            throw new ArgumentException("There is no text to evaluate.", nameof(texts));
        if (references.Count != texts.Count)
            throw new ArgumentException($"There are {texts.Count} texts and references for {references.Count}.", nameof(references));
        for (var i = 0; i < references.Count; i++)
            if (references[i] is not { Count: > 0 } ofText || ofText.Any(reference => reference is null) || texts[i] is null)
                throw new ArgumentException($"Text {i} (counted from 0) must have at least one reference, and neither it nor they may be null.", nameof(references));
        if (references.All(ofText => ofText.All(string.IsNullOrWhiteSpace)))
            throw new ArgumentException("All references are empty.", nameof(references));
        var bleu = TextMetrics.Bleu.Of(Words(texts), [.. references.Select(Words)]);
        var nist = TextMetrics.Nist.Of(Lowered(texts), [.. references.Select(Lowered)]);
        return new TextGenerationMetrics(texts.Count, bleu, nist, TextMetrics.RougeL.Of(texts, references));
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"BLEU {Bleu:f2} ({string.Join("/", BleuPrecisions.Select(precision => precision.ToString("f1", CultureInfo.InvariantCulture)))}, brevity penalty {BrevityPenalty:f3}, length ratio {LengthRatio:f3}), NIST {Nist:f4}, ROUGE-L {RougeL:f4} on {Texts:n0} texts");

    private static string[][] Words(IReadOnlyList<string> texts) => [.. texts.Select(WesternTokenizer.Split)];

    private static string[][] Lowered(IReadOnlyList<string> texts) => [.. texts.Select(text => WesternTokenizer.Split(text.ToLowerInvariant()))];
}
