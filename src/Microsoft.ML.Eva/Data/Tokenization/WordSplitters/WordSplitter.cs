namespace Microsoft.ML.Eva.Data.Tokenization.WordSplitters;

/// <summary>Splits a normalized text into the words that the model takes one by one. Pure.</summary>
internal abstract class WordSplitter
{
    /// <summary>Rewrites the text as the splitter wants it. <paramref name="isFirst"/>: nothing stands before it.</summary>
    public virtual string Prepare(string text, bool isFirst) => text;

    /// <summary>Moves to the next word: it begins at <paramref name="start"/> and ends before <paramref name="position"/>.</summary>
    public abstract bool Next(ReadOnlySpan<char> text, ref int position, out int start);
}
