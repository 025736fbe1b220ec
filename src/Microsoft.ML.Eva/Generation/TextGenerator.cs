using Microsoft.ML.Eva.Backbones;
using Microsoft.ML.Eva.Data.Tokenization;
using Microsoft.ML.Eva.Scoring;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Generation;

/// <summary>Prompts to texts: groups prompts of like length into batches and gives the texts back in the prompts' order. Safe for many threads.</summary>
/// <remarks><see cref="Close"/> waits for steps that are running, so that nobody frees weights under them.</remarks>
internal sealed class TextGenerator(Network network, TokenDecoder decoder, EndTokens ends, Device device, bool usesCache = true)
{
    // What the caches of a batch may hold, and how many rows keep the kernels busy. Chosen, not tuned.
    private const int TokensPerBatch = 16_384;
    private const int RowsPerBatch = 64;

    private readonly ReaderWriterLockSlim _steps = new(LockRecursionPolicy.SupportsRecursion);
    private bool _isClosed;

    /// <summary>In which numbers the network multiplies. Texts that are being written go on as they began.</summary>
    public ComputePrecision Precision { get; set; }

    /// <summary>The texts written after <paramref name="prompts"/>, each of at least one token.</summary>
    /// <exception cref="ArgumentException">A prompt and the tokens to write are more than the network takes.</exception>
    /// <exception cref="ObjectDisposedException">The model has been disposed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled between two steps.</exception>
    public string[] Write(IReadOnlyList<IReadOnlyList<int>> prompts, DecodingOptions options, CancellationToken cancellation)
    {
        var texts = new string[prompts.Count];
        var order = Enumerable.Range(0, prompts.Count).OrderBy(i => prompts[i].Count).ToArray();
        for (var start = 0; start < order.Length;)
        {
            var count = 1;
            while (start + count < order.Length && FitTogether(count + 1, prompts[order[start + count]].Count, options))
                count++;
            var members = order[start..(start + count)];
            var written = WriteBatch([.. members.Select(i => prompts[i])], options, cancellation);
            for (var i = 0; i < count; i++)
                texts[members[i]] = written[i];
            start += count;
        }
        return texts;
    }

    /// <summary>The text written after a prompt, piece by piece as its tokens come; a piece is never empty nor half a character.</summary>
    /// <inheritdoc cref="Write" path="/exception"/>
    public IEnumerable<string> Stream(IReadOnlyList<int> prompt, DecodingOptions options, CancellationToken cancellation)
    {
        if (options is BeamSearchOptions { Beams: > 1 })
        {
            // nothing is certain before the search is over
            if (Write([prompt], options, cancellation) is [{ Length: > 0 } text])
                yield return text;
            yield break;
        }
        using var session = new CausalSession(network, device, usesCache, Precision);
        var writer = new StepwiseWriter(session, [prompt], options, ends, decoder);
        for (var isMore = true; isMore;)
        {
            cancellation.ThrowIfCancellationRequested();
            isMore = Within(writer.Step);
            if (writer.Rows[0].Text.TakePiece(isLast: !isMore) is { Length: > 0 } piece)
                yield return piece;
        }
    }

    /// <summary>Ends writing for good, after the steps that are running now.</summary>
    public void Close()
    {
        _steps.EnterWriteLock();
        _isClosed = true;
        _steps.ExitWriteLock();
    }

    /// <inheritdoc cref="Within{T}"/>
    public void Within(Action step) => Within(() =>
    {
        step();
        return true;
    });

    /// <summary>Does something with the network that <see cref="Close"/> waits for.</summary>
    /// <exception cref="ObjectDisposedException">The model has been disposed.</exception>
    public T Within<T>(Func<T> step)
    {
        _steps.EnterReadLock();
        try
        {
            DisposedModel.ThrowIf(_isClosed, nameof(EvaGenerationTransformer));
            return step();
        }
        finally
        {
            _steps.ExitReadLock();
        }
    }

    private static bool FitTogether(int rows, int longestPrompt, DecodingOptions options)
    {
        var sessionRows = (long)rows * (options is BeamSearchOptions search ? search.Beams : 1);
        return sessionRows <= RowsPerBatch && sessionRows * (longestPrompt + (long)options.MaxNewTokens) <= TokensPerBatch;
    }

    private string[] WriteBatch(IReadOnlyList<IReadOnlyList<int>> prompts, DecodingOptions options, CancellationToken cancellation)
    {
        using var session = new CausalSession(network, device, usesCache, Precision);
        if (options is BeamSearchOptions { Beams: > 1 } searching)
        {
            var search = new BeamSearch(session, prompts, searching, ends, decoder);
            Repeat(search.Step, cancellation);
            return [.. search.Best.Select(beam => Text(beam, searching))];
        }
        var writer = new StepwiseWriter(session, prompts, options, ends, decoder);
        Repeat(writer.Step, cancellation);
        return [.. writer.Rows.Select(row => row.Text.ToString())];
    }

    // The lock is given back between steps, so that a model can be disposed while it writes.
    private void Repeat(Func<bool> step, CancellationToken cancellation)
    {
        do
            cancellation.ThrowIfCancellationRequested();
        while (Within(step));
    }

    private string Text(Beam beam, BeamSearchOptions options)
    {
        var text = new WrittenText(decoder, options.StopSequences);
        foreach (var token in beam.NewTokens.Where(token => !ends.Contains(token))) // which may be an ordinary word
            text.Add(token);
        text.Complete();
        return text.ToString();
    }
}
