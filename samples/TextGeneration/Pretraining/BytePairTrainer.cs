using System.Text;
using System.Text.RegularExpressions;

namespace TextGeneration.Pretraining;

/// <summary>A vocabulary of byte pairs learned from texts: again and again the most frequent pair of neighbours becomes one token.</summary>
internal sealed partial class BytePairTrainer
{
    /// <summary>Ends a text; the last token of the vocabulary.</summary>
    public const string End = "<|endoftext|>";

    private static readonly string[] Letters = MapBytes();

    private readonly List<(string Left, string Right)> _merges = [];

    /// <summary>Learns up to that many merges.</summary>
    public BytePairTrainer(IEnumerable<string> texts, int mergeCount)
    {
        var words = texts.SelectMany(text => Words().Matches(text).Select(word => word.Value)).CountBy(word => word)
            .Select(word => (Pieces: Encoding.UTF8.GetBytes(word.Key).Select(value => Letters[value]).ToList(), Count: word.Value)).ToList();
        while (_merges.Count < mergeCount && MostFrequent(words) is { } best)
        {
            _merges.Add(best);
            foreach (var (pieces, _) in words)
                Merge(pieces, best);
        }
    }

    /// <summary>The content of merges.txt.</summary>
    public string Merges => "#version: 0.2\n" + string.Concat(_merges.Select(merge => $"{merge.Left} {merge.Right}\n"));

    /// <summary>The tokens in the order of their ids: bytes, merges, the end.</summary>
    public IReadOnlyList<string> Tokens => [.. Letters, .. _merges.Select(merge => merge.Left + merge.Right).Distinct(), End];

    private static (string, string)? MostFrequent(List<(List<string> Pieces, int Count)> words)
    {
        var counts = new Dictionary<(string, string), int>();
        foreach (var (pieces, count) in words)
            for (var i = 0; i + 1 < pieces.Count; i++)
                counts[(pieces[i], pieces[i + 1])] = counts.GetValueOrDefault((pieces[i], pieces[i + 1])) + count;
        var best = counts.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key.Item1 + " " + pair.Key.Item2, StringComparer.Ordinal).FirstOrDefault();
        return best.Value > 1 ? best.Key : null;
    }

    private static void Merge(List<string> pieces, (string Left, string Right) pair)
    {
        for (var i = 0; i + 1 < pieces.Count; i++)
            if (pieces[i] == pair.Left && pieces[i + 1] == pair.Right)
            {
                pieces[i] += pair.Right;
                pieces.RemoveAt(i + 1);
            }
    }

    // GPT-2 writes each byte as a letter: printable ones as themselves, the others from U+0100 on.
    private static string[] MapBytes()
    {
        var (letters, next) = (new string[256], 0x100);
        for (var value = 0; value < letters.Length; value++)
            letters[value] = ((char)(value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE ? value : next++)).ToString();
        return letters;
    }

    [GeneratedRegex(@"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")]
    private static partial Regex Words();
}
