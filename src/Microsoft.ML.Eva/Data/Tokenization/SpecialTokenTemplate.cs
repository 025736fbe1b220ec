namespace Microsoft.ML.Eva.Data.Tokenization;

/// <summary>Where the special tokens of a family stand around a text or a pair.</summary>
/// <param name="Single">Around one text.</param>
/// <param name="Pair">Around two.</param>
internal sealed record SpecialTokenTemplate(SpecialTokenTemplate.Layout Single, SpecialTokenTemplate.Layout Pair)
{
    /// <summary>No special tokens at all (GPT-2); the second text is of type 1.</summary>
    public static SpecialTokenTemplate None { get; } = new(Layout.Of([], [], [], false), Layout.Of([], [], [], true));

    /// <summary>Begin A end; begin A middle B end.</summary>
    /// <param name="Before">Before the first text.</param>
    /// <param name="Between">Between the texts.</param>
    /// <param name="After">After the last text.</param>
    /// <param name="FirstOfTypeOne">Counted from the second text's first token, the first token of type 1; null where all are type 0.</param>
    internal sealed record Layout(int[] Before, int[] Between, int[] After, int? FirstOfTypeOne)
    {
        /// <summary>Number of special tokens.</summary>
        public int Count => Before.Length + Between.Length + After.Length;

        /// <summary>A layout whose second text either is of type 1 or is not.</summary>
        public static Layout Of(int[] before, int[] between, int[] after, bool hasTypes) => new(before, between, after, hasTypes ? 0 : null);
    }

    /// <summary>BERT: [CLS] A [SEP], [CLS] A [SEP] B [SEP], the second text of type 1.</summary>
    public static SpecialTokenTemplate Bert(int begin, int end) =>
        new(Layout.Of([begin], [], [end], false), Layout.Of([begin], [end], [end], true));

    /// <summary>RoBERTa, XLM-R, MPNet: two separators between the texts, all of type 0.</summary>
    public static SpecialTokenTemplate Roberta(int begin, int end) =>
        new(Layout.Of([begin], [], [end], false), Layout.Of([begin], [end, end], [end], false));

    /// <summary>The largest id in it.</summary>
    public int LargestId =>
        new[] { Single, Pair }.SelectMany(l => l.Before.Concat(l.Between).Concat(l.After)).DefaultIfEmpty(0).Max();

    /// <summary>The row of a text's ids.</summary>
    public EncodedText Apply(ReadOnlySpan<int> first)
    {
        int[] ids = [.. Single.Before, .. first, .. Single.After];
        return new(ids, ids.Length);
    }

    /// <summary>The row of a pair's ids.</summary>
    public EncodedText Apply(ReadOnlySpan<int> first, ReadOnlySpan<int> second)
    {
        int[] ids = [.. Pair.Before, .. first, .. Pair.Between, .. second, .. Pair.After];
        var secondStart = Pair.Before.Length + first.Length + Pair.Between.Length;
        return new(ids, Pair.FirstOfTypeOne is { } offset ? secondStart + offset : ids.Length);
    }
}
