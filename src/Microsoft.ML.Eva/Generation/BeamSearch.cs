using Microsoft.ML.Eva.Data.Tokenization;
using Microsoft.ML.Eva.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Generation;

/// <summary>Beam search over several prompts at once. Prompts that are done leave the session.</summary>
internal sealed class BeamSearch
{
    private readonly CausalSession _session;
    private readonly BeamSearchOptions _options;
    private readonly EndTokens _ends;
    private readonly TokenDecoder _decoder;
    private readonly BeamRow[] _rows;

    /// <summary>Prepares to search after <paramref name="prompts"/> with a fresh <paramref name="session"/>, which stays the caller's.</summary>
    public BeamSearch(CausalSession session, IReadOnlyList<IReadOnlyList<int>> prompts, BeamSearchOptions options, EndTokens ends, TokenDecoder decoder)
    {
        (_session, _options, _ends, _decoder) = (session, options, ends, decoder);
        _rows = [.. prompts.Select((prompt, place) => new BeamRow(place, prompt, options))];
    }

    /// <summary>Searches to the end. Returns each prompt's best text, in their order, its end token included.</summary>
    /// <exception cref="ArgumentException">There are more beams than the vocabulary allows.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled between two steps.</exception>
    public IReadOnlyList<Beam> Run(CancellationToken cancellation)
    {
        var active = _rows.ToList();
        var scores = _session.Start([.. active.Select(row => row.Prompt)]); // beams share their prompt's pass
        while (true)
        {
            List<int> parents = [];
            using (scores)
                parents.AddRange(Advance(active, scores));
            _session.Select(parents);
            active.RemoveAll(row => row.IsDone);
            if (active.Count == 0)
                return [.. _rows.Select(row => row.Best)];
            cancellation.ThrowIfCancellationRequested();
            scores = _session.Next([.. active.SelectMany(row => row.Running.Select(beam => beam.NewTokens[^1]))]);
        }
    }

    // Returns the session's rows to go on with.
    private List<int> Advance(List<BeamRow> active, Tensor scores)
    {
        using var scope = NewDisposeScope();
        using var mode = inference_mode();
        var beams = active[0].Running.Count;
        var vocabulary = scores.shape[1];
        var kept = Math.Max(2, 1 + _ends.Count) * _options.Beams;
        if (kept > vocabulary)
            throw new ArgumentException($"{nameof(BeamSearchOptions.Beams)} is {_options.Beams}, but a vocabulary of {vocabulary} tokens allows at most {vocabulary / Math.Max(2, 1 + _ends.Count)}.");
        var logProbabilities = scores.log_softmax(-1);
        if (_options.NoRepeatNgramSize is { } size)
            RepeatedNgrams.Hide(logProbabilities, [.. active.SelectMany(row => row.Running.Select(beam => (IReadOnlyList<int>)[.. row.Prompt, .. beam.NewTokens]))], size);
        var before = tensor(active.SelectMany(row => row.Running.Select(beam => beam.Score)).ToArray(), device: scores.device).unsqueeze(1);
        var (best, places) = logProbabilities.Plus(before).view(active.Count, beams * vocabulary).topk(kept, -1);
        var (values, flat) = (best.cpu().contiguous().data<float>().ToArray(), places.cpu().contiguous().data<long>().ToArray());
        List<int> parents = [];
        for (var i = 0; i < active.Count; i++)
        {
            var candidates = Enumerable.Range(i * kept, kept).Select(k => Candidate(active[i], (int)(flat[k] / vocabulary), (int)(flat[k] % vocabulary), values[k])).ToList();
            var chosen = active[i].Advance(candidates);
            if (!active[i].IsDone)
                parents.AddRange(chosen.Select(parent => i * beams + parent));
        }
        return parents;
    }

    private BeamCandidate Candidate(BeamRow row, int parent, int token, float score)
    {
        var written = row.Running[parent].NewTokens;
        var isEnd = _ends.Contains(token) || written.Count + 1 == _options.MaxNewTokens || HasStop([.. written, token]);
        return new BeamCandidate(parent, token, score, isEnd);
    }

    private bool HasStop(IReadOnlyList<int> tokens)
    {
        if (_options.StopSequences.Count == 0)
            return false;
        var text = _decoder.Decode(tokens);
        return _options.StopSequences.Any(stop => text.Contains(stop, StringComparison.Ordinal));
    }
}
