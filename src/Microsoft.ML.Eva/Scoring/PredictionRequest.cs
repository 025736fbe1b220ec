namespace Microsoft.ML.Eva.Scoring;

/// <summary>One input on its way through the queue.</summary>
internal sealed class PredictionRequest<TInput, TOutput>
{
    // Continuations run elsewhere: whoever waits must not hold up the batch.
    private readonly TaskCompletionSource<TOutput> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenRegistration _cancellation;
    private readonly long _start = TimeProvider.System.GetTimestamp();

    public PredictionRequest(TInput input, CancellationToken cancellation)
    {
        Input = input;
        _cancellation = cancellation.UnsafeRegister(static (completion, token) => ((TaskCompletionSource<TOutput>)completion!).TrySetCanceled(token), _completion);
    }

    /// <summary>What is to be scored.</summary>
    public TInput Input { get; }

    /// <summary>What the caller waits for.</summary>
    public Task<TOutput> Prediction => _completion.Task;

    /// <summary>Whether the caller has gone away.</summary>
    public bool IsAbandoned => _completion.Task.IsCompleted;

    /// <summary>Time since the request was made.</summary>
    public TimeSpan Age => TimeProvider.System.GetElapsedTime(_start);

    /// <summary>Gives the caller the prediction.</summary>
    public bool Complete(TOutput prediction)
    {
        _cancellation.Dispose();
        return _completion.TrySetResult(prediction);
    }

    /// <summary>Tells the caller why there is none.</summary>
    public bool Fail(Exception exception)
    {
        _cancellation.Dispose();
        return _completion.TrySetException(exception);
    }
}
