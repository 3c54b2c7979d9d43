namespace Sockeye.Cli;

/// <summary>Bounds the number of connects at a time, and a second.</summary>
/// <param name="rate">The maximum number a second; null: no maximum.</param>
internal sealed class ConnectPacer(double? rate) : IDisposable
{
    // More would overflow an accept queue of the usual size, and a lost SYN costs a second.
    private const int MaxConcurrent = 64;

    private readonly SemaphoreSlim _permits = new(MaxConcurrent);
    private readonly Lock _lock = new();
    private long _next = BenchClock.Now;

    public async Task WaitAsync(CancellationToken stop)
    {
        await _permits.WaitAsync(stop);
        if (rate is null || TakeSlot(BenchClock.Now) is not (> 0 and var wait))
            return;
        try
        {
            await Task.Delay(BenchClock.ToTime(wait), TimeProvider.System, stop);
        }
        catch (OperationCanceledException)
        {
            Release();
            throw;
        }
    }

    public void Release() => _permits.Release();

    public void Dispose() => _permits.Dispose();

    /// <summary>Returns the time until the next connect in nanoseconds.</summary>
    private long TakeSlot(long now)
    {
        lock (_lock)
        {
            var slot = Math.Max(_next, now);
            _next = slot + (long)(1e9 / rate!.Value);
            return slot - now;
        }
    }
}
