namespace Microsoft.ML.Eva.Generation;

/// <summary>A beginning of a text, and the sum of its tokens' log-probabilities.</summary>
internal readonly record struct Beam(IReadOnlyList<int> NewTokens, float Score);

/// <summary>A beam that one more token makes of another.</summary>
/// <param name="Parent">Which of the running beams it comes from.</param>
/// <param name="Token">The token.</param>
/// <param name="Score">The sum of its tokens' log-probabilities.</param>
/// <param name="IsEnd">Whether the text ends with it.</param>
internal readonly record struct BeamCandidate(int Parent, int Token, float Score, bool IsEnd);

/// <summary>
/// The beams of one prompt. The rules – which texts count as finished, how scores are compared, when nothing better can come – are
/// those of Hugging Face's transformers 5.
/// </summary>
internal sealed class BeamRow(IReadOnlyList<int> prompt, BeamSearchOptions options)
{
    // What cannot go on, but keeps its place; no sum of log-probabilities comes near it.
    private const float Dead = -1e9f;

    private List<Beam> _running = [new([], 0)];
    private List<Beam> _finished = []; // scores are divided by the length penalty; best first

    /// <summary>The prompt's tokens.</summary>
    public IReadOnlyList<int> Prompt { get; } = prompt;

    /// <summary>The beams to go on with, best first: one before the first step.</summary>
    public IReadOnlyList<Beam> Running => _running;

    /// <summary>Whether no better text will be found.</summary>
    public bool IsDone { get; private set; }

    /// <summary>The best finished text's tokens; where every way to go on was forbidden before any text was finished, the best of those.</summary>
    public Beam Best => _finished.Count > 0 ? _finished[0] : _running[0];

    /// <summary>Goes one token on with the best candidates, which come best first. Returns for each beam then running the place of its parent.</summary>
    public IReadOnlyList<int> Advance(IReadOnlyList<BeamCandidate> candidates)
    {
        Finish(candidates);
        var next = candidates.Where(candidate => !candidate.IsEnd).Take(options.Beams).ToList();
        next.AddRange(candidates.Where(candidate => candidate.IsEnd).Take(options.Beams - next.Count).Select(candidate => candidate with { Score = Dead }));
        _running = [.. next.Select(candidate => new Beam(Extended(candidate), candidate.Score))];
        IsDone = next.All(candidate => candidate.IsEnd) || !CanImprove();
        return [.. next.Select(candidate => candidate.Parent)];
    }

    // Only the best candidates, as many as there are beams, may finish; the others are there to go on with.
    private void Finish(IReadOnlyList<BeamCandidate> candidates)
    {
        if (options.StopsEarly && _finished.Count == options.Beams)
            return;
        var length = _running[0].NewTokens.Count + 1;
        var added = candidates.Take(options.Beams).Where(candidate => candidate.IsEnd && candidate.Score > Dead / 2)
            .Select(candidate => new Beam(Extended(candidate), candidate.Score / Penalty(length)));
        _finished = [.. _finished.Concat(added).OrderByDescending(beam => beam.Score).Take(options.Beams)];
    }

    private bool CanImprove()
    {
        if (_finished.Count < options.Beams)
            return true;
        return !options.StopsEarly && _running[0].Score / Penalty(_running[0].NewTokens.Count) > _finished[^1].Score;
    }

    private float Penalty(int length) => (float)Math.Pow(length, options.LengthPenalty);

    private int[] Extended(BeamCandidate candidate) => [.. _running[candidate.Parent].NewTokens, candidate.Token];
}
