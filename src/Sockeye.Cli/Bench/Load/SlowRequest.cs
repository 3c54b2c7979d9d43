namespace Sockeye.Cli;

/// <summary>A slow request, with the state of its connection when the answer came.</summary>
/// <param name="At">The timestamp of its planned start.</param>
/// <param name="Latency">The time from its planned start to the answer in nanoseconds.</param>
/// <param name="Waited">The part of it before it was sent.</param>
/// <param name="Connection">The number of the connection.</param>
/// <param name="Local">The local endpoint.</param>
/// <param name="Tcp">The kernel's view of the connection; null for a Unix socket.</param>
internal sealed record SlowRequest(
    long At, long Latency, long Waited, int Connection, string Local, TcpInfo? Tcp);

/// <summary>Keeps the slowest request of each interval. Safe for concurrent use.</summary>
internal sealed class SlowestRequest
{
    // A request must be slower by this part than the one that is kept: a system call for each would be load.
    private const int Step = 16;

    private readonly Lock _lock = new();
    private SlowRequest? _slowest;
    private long _threshold;

    /// <summary>Whether a request of this latency is to be offered.</summary>
    public bool IsSlow(long latency) => latency > Volatile.Read(ref _threshold);

    public void Offer(SlowRequest request)
    {
        lock (_lock)
        {
            if (request.Latency <= _threshold)
                return;
            _slowest = request;
            Volatile.Write(ref _threshold, request.Latency + (request.Latency / Step));
        }
    }

    /// <summary>Returns the request, and starts the next interval.</summary>
    public SlowRequest? Take()
    {
        lock (_lock)
        {
            var slowest = _slowest;
            (_slowest, _threshold) = (null, 0);
            return slowest;
        }
    }
}
