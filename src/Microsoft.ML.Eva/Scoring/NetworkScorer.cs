using Microsoft.ML.Eva.Backbones;
using static TorchSharp.torch;

namespace Microsoft.ML.Eva.Scoring;

/// <summary>Rows to outputs: groups rows of like length into batches and gives the results back in the rows' order. Safe for many threads.</summary>
/// <remarks><see cref="Close"/> waits for passes that are running, so that nobody frees weights under them.</remarks>
internal sealed class NetworkScorer(Network network, ModelInput input, OutputKind outputKind, Device device) : IRowScorer<float[]>
{
    // On a CPU the matrix kernels are about as fast with a thousand tokens as with four thousand (--suite batch-size), and in small batches rows of unlike
    // length pad each other less. A GPU needs more to be busy; that size is chosen, not measured.
    private const int TokensPerBatchOnCpu = 2048;
    private const int TokensPerBatchOnGpu = 8192;
    private const int RowsPerBatch = 64;

    private readonly int _tokensPerBatch = device.type == TorchSharp.DeviceType.CPU ? TokensPerBatchOnCpu : TokensPerBatchOnGpu;

    private readonly ReaderWriterLockSlim _passes = new(LockRecursionPolicy.SupportsRecursion);
    private bool _isClosed;

    /// <summary>How rows are read and encoded.</summary>
    public ModelInput Input { get; } = input;

    /// <inheritdoc/>
    RowInput IRowScorer<float[]>.Input => Input;

    /// <summary>What the outputs mean.</summary>
    public OutputKind OutputKind { get; } = outputKind;

    /// <summary>In which numbers the network multiplies.</summary>
    public ComputePrecision Precision { get; set; }

    /// <summary>The outputs of each row: probabilities of the classes, or one number.</summary>
    /// <exception cref="ObjectDisposedException">The model has been disposed.</exception>
    public float[][] Score(IReadOnlyList<EncodedRow> rows)
    {
        float[][] results = [];
        WhileOpen(() => results = ScoreOpen(rows));
        return results;
    }

    /// <summary>Does something with the network that must not be freed meanwhile.</summary>
    /// <exception cref="ObjectDisposedException">The model has been disposed.</exception>
    public void WhileOpen(Action action)
    {
        _passes.EnterReadLock();
        try
        {
            DisposedModel.ThrowIf(_isClosed, nameof(EvaTransformer));
            action();
        }
        finally
        {
            _passes.ExitReadLock();
        }
    }

    /// <summary>Ends scoring for good, after the passes that are running now.</summary>
    public void Close()
    {
        _passes.EnterWriteLock();
        _isClosed = true;
        _passes.ExitWriteLock();
    }

    private float[][] ScoreOpen(IReadOnlyList<EncodedRow> rows)
    {
        var results = new float[rows.Count][];
        var order = Enumerable.Range(0, rows.Count).OrderBy(i => rows[i].Length).ToArray();
        for (var start = 0; start < order.Length;)
        {
            var count = 1;
            while (start + count < order.Length && count < RowsPerBatch && (count + 1) * rows[order[start + count]].Length <= _tokensPerBatch)
                count++;
            ScoreBatch(rows, order.AsSpan(start, count), results);
            start += count;
        }
        return results;
    }

    private void ScoreBatch(IReadOnlyList<EncodedRow> rows, ReadOnlySpan<int> members, float[][] results)
    {
        var selected = new EncodedRow[members.Length];
        for (var i = 0; i < members.Length; i++)
            selected[i] = rows[members[i]];
        using var scope = NewDisposeScope();
        using var noGradient = inference_mode();
        using var batch = Input.ToBatch(selected, device);
        var outputs = network.Forward(batch, ForwardMode.EvaluationIn(Precision));
        outputs = OutputKind switch
        {
            OutputKind.Classes => outputs.softmax(-1),
            OutputKind.Labels => outputs.sigmoid(),
            _ => outputs,
        };
        var values = outputs.to_type(ScalarType.Float32).cpu().contiguous().data<float>().ToArray();
        var width = (int)outputs.shape[1];
        for (var i = 0; i < members.Length; i++)
            results[members[i]] = values[(i * width)..((i + 1) * width)];
    }
}
