namespace Microsoft.ML.Eva.Generation;

/// <summary>One prompt and what has been written after it.</summary>
/// <param name="prompt">Its tokens.</param>
/// <param name="text">The text of the tokens written.</param>
/// <param name="random">What its tokens are drawn from; null where nothing is drawn.</param>
internal sealed class WrittenRow(IReadOnlyList<int> prompt, WrittenText text, Random? random)
{
    private readonly List<int> _tokens = [.. prompt];

    /// <summary>The prompt's and the written tokens.</summary>
    public IReadOnlyList<int> Tokens => _tokens;

    /// <summary>The written tokens, without the one that ended the text.</summary>
    public IEnumerable<int> NewTokens => _tokens.Skip(prompt.Count);

    /// <summary>The text written.</summary>
    public WrittenText Text { get; } = text;

    /// <summary>What its tokens are drawn from.</summary>
    public Random? Random { get; } = random;

    /// <summary>Whether nothing more will be written.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Writes a token, or ends the text if it is an end token.</summary>
    public void Add(int token, EndTokens ends, int maxNewTokens)
    {
        if (ends.Contains(token))
        {
            End();
            return;
        }
        _tokens.Add(token);
        Text.Add(token);
        if (Text.IsStopped || _tokens.Count - prompt.Count == maxNewTokens)
            End();
    }

    private void End()
    {
        IsDone = true;
        Text.Complete();
    }
}
