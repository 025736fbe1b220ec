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
    private readonly List<BeamRow> _active;
    private bool _isStarted;

    /// <summary>Prepares to search after <paramref name="prompts"/> with a fresh <paramref name="session"/>, which stays the caller's.</summary>
    public BeamSearch(CausalSession session, IReadOnlyList<IReadOnlyList<int>> prompts, BeamSearchOptions options, EndTokens ends, TokenDecoder decoder)
    {
        (_session, _options, _ends, _decoder) = (session, options, ends, decoder);
        _rows = [.. prompts.Select(prompt => new BeamRow(prompt, options))];
        _active = [.. _rows];
    }

    /// <summary>Each prompt's best text, in their order, its end token included; known after the last step.</summary>
    public IEnumerable<Beam> Best => _rows.Select(row => row.Best);

    /// <summary>Goes one token on with every prompt that is not done. Returns whether there is more to search.</summary>
    /// <exception cref="ArgumentException">There are more beams than the vocabulary allows.</exception>
    public bool Step()
    {
        if (_active.Count == 0)
            return false;
        using var scores = _isStarted
            ? _session.Next([.. _active.SelectMany(row => row.Running.Select(beam => beam.NewTokens[^1]))])
            : _session.Start([.. _active.Select(row => row.Prompt)]); // beams share their prompt's pass
        _isStarted = true;
        _session.Select(Advance(scores));
        _active.RemoveAll(row => row.IsDone);
        return _active.Count > 0;
    }

    // Returns the session's rows to go on with.
    private List<int> Advance(Tensor scores)
    {
        using var scope = NewDisposeScope();
        using var mode = inference_mode();
        var beams = _active[0].Running.Count;
        var vocabulary = scores.shape[1];
        var kept = Math.Max(2, 1 + _ends.Count) * _options.Beams;
        if (kept > vocabulary)
            throw new ArgumentException($"{nameof(BeamSearchOptions.Beams)} is {_options.Beams}, but a vocabulary of {vocabulary} tokens allows at most {vocabulary / Math.Max(2, 1 + _ends.Count)}.");
        var logProbabilities = scores.log_softmax(-1);
        if (_options.NoRepeatNgramSize is { } size)
            RepeatedNgrams.Hide(logProbabilities, [.. _active.SelectMany(row => row.Running.Select(beam => (IReadOnlyList<int>)[.. row.Prompt, .. beam.NewTokens]))], size);
        var before = tensor(_active.SelectMany(row => row.Running.Select(beam => beam.Score)).ToArray(), device: scores.device).unsqueeze(1);
        var (best, places) = logProbabilities.Plus(before).view(_active.Count, beams * vocabulary).topk(kept, -1);
        var (values, flat) = (best.cpu().contiguous().data<float>().ToArray(), places.cpu().contiguous().data<long>().ToArray());
        List<int> parents = [];
        for (var i = 0; i < _active.Count; i++)
        {
            var candidates = Enumerable.Range(i * kept, kept).Select(k => Candidate(_active[i], (int)(flat[k] / vocabulary), (int)(flat[k] % vocabulary), values[k])).ToList();
            var chosen = _active[i].Advance(candidates);
            if (!_active[i].IsDone)
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
