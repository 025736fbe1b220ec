namespace Microsoft.ML.Eva.Hub;

/// <summary>How often a request is tried, and how long the pauses between are: doubling, or as long as the hub asks for.</summary>
internal sealed record RetryPolicy(int Attempts, TimeSpan FirstDelay, TimeSpan LongestDelay)
{
    /// <summary>Five attempts over about eight seconds.</summary>
    public static RetryPolicy Default { get; } = new(5, TimeSpan.FromSeconds(0.5), TimeSpan.FromMinutes(1));

    /// <summary>Runs <paramref name="request"/> until it succeeds, fails for good, or the attempts are used up.</summary>
    public async Task<T> RunAsync<T>(Func<Task<T>> request, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await request().ConfigureAwait(false);
            }
            catch (HubRequestException e) when (e.IsTransient)
            {
                await WaitAsync(attempt, e, cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Waits before the next attempt.</summary>
    /// <exception cref="HubRequestException">There is none.</exception>
    public Task WaitAsync(int failures, HubRequestException failure, CancellationToken cancellation)
    {
        // A hub that asks for more patience than we have is believed at once, not after further knocking.
        if (failures >= Attempts || failure.RetryAfter > LongestDelay)
            throw failure.AfterAttempts(failures);
        return Task.Delay(failure.RetryAfter ?? Shorter(FirstDelay * Math.Pow(2, failures - 1), LongestDelay), cancellation);
    }

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
