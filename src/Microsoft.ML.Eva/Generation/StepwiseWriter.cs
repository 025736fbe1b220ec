using Microsoft.ML.Eva.Data.Tokenization;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Generation;

/// <summary>Writes texts after prompts one token a step: the best one, or one drawn at random. Rows that are done leave the session.</summary>
internal sealed class StepwiseWriter
{
    private readonly CausalSession _session;
    private readonly DecodingOptions _options;
    private readonly EndTokens _ends;
    private readonly WrittenRow[] _rows;
    private List<WrittenRow> _active;
    private bool _isStarted;

    /// <summary>Prepares to write after <paramref name="prompts"/> with a fresh <paramref name="session"/>, which stays the caller's.</summary>
    public StepwiseWriter(CausalSession session, IReadOnlyList<IReadOnlyList<int>> prompts, DecodingOptions options, EndTokens ends, TokenDecoder decoder)
    {
        (_session, _options, _ends) = (session, options, ends);
        _rows = [.. prompts.Select(prompt => new WrittenRow(
            prompt, new WrittenText(decoder, options.StopSequences), options is SamplingOptions sampling ? TokenChoice.RandomOf(sampling, prompt) : null))];
        _active = [.. _rows];
    }

    /// <summary>The rows, in the prompts' order.</summary>
    public IReadOnlyList<WrittenRow> Rows => _rows;

    /// <summary>Writes one token after each row that is not done. Returns whether there is more to write.</summary>
    public bool Step()
    {
        if (_active.Count == 0)
            return false;
        using var scores = _isStarted ? _session.Next([.. _active.Select(row => row.Tokens[^1])]) : _session.Start([.. _active.Select(row => row.Tokens)]);
        _isStarted = true;
        var tokens = Choose(scores);
        for (var i = 0; i < _active.Count; i++)
            _active[i].Add(tokens[i], _ends, _options.MaxNewTokens);
        int[] left = [.. Enumerable.Range(0, _active.Count).Where(i => !_active[i].IsDone)];
        _session.Select(left);
        _active = [.. left.Select(i => _active[i])];
        return _active.Count > 0;
    }

    private int[] Choose(Tensor scores)
    {
        using var mode = inference_mode();
        if (_options.NoRepeatNgramSize is { } size)
            RepeatedNgrams.Hide(scores, [.. _active.Select(row => row.Tokens)], size);
        return _options is SamplingOptions sampling
            ? TokenChoice.Draw(scores, sampling, [.. _active.Select(row => row.Random!)])
            : TokenChoice.Best(scores);
    }
}
