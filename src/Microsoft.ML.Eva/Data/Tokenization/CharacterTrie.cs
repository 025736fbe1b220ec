namespace Microsoft.ML.Eva.Data.Tokenization;

/// <summary>Finds the entries that begin at a place of a text, one character a step. Filled by its owner, then only read.</summary>
internal sealed class CharacterTrie
{
    private readonly Dictionary<long, int> _children = [];
    private readonly List<int> _values = [-1];

    /// <summary>Where every walk begins.</summary>
    public const int Root = 0;

    /// <summary>Adds an entry; a value is not negative. An entry that is there already gets the new value.</summary>
    public void Add(ReadOnlySpan<char> entry, int value)
    {
        var node = Root;
        foreach (var c in entry)
        {
            if (!_children.TryGetValue(Key(node, c), out var next))
            {
                next = _values.Count;
                _values.Add(-1);
                _children.Add(Key(node, c), next);
            }
            node = next;
        }
        _values[node] = value;
    }

    /// <summary>Follows a character; false where no entry goes on with it.</summary>
    public bool Step(ref int node, char c) => _children.TryGetValue(Key(node, c), out node);

    /// <summary>The value of the entry that ends here, or -1.</summary>
    public int Value(int node) => _values[node];

    private static long Key(int node, char c) => (long)node << 16 | c;
}
