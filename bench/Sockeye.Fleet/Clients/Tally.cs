using HdrHistogram;

namespace Sockeye.Fleet.Clients;

/// <summary>What the clients of this process received in one measurement, and what they should have. Safe to call from any
/// thread.</summary>
internal sealed class Tally(TimeProvider time)
{
    private const long MaxLatency = 60_000_000;
    private const int Digits = 3;

    private readonly LongConcurrentHistogram _latencies = new(1, MaxLatency, Digits);
    private long _received;
    private long _lost;
    private long _doubled;
    private long _closed;
    private long _bytes;

    public TimeProvider Time => time;

    public long Received => Interlocked.Read(ref _received);

    public long Lost => Interlocked.Read(ref _lost);

    /// <summary>Lines that came twice, or too late.</summary>
    public long Doubled => Interlocked.Read(ref _doubled);

    /// <summary>Connections that the server closed.</summary>
    public long Closed => Interlocked.Read(ref _closed);

    public long Bytes => Interlocked.Read(ref _bytes);

    public void Begin()
    {
        _latencies.Reset();
        Interlocked.Exchange(ref _received, 0);
        Interlocked.Exchange(ref _lost, 0);
        Interlocked.Exchange(ref _bytes, 0);
    }

    public void OnReceived(long dueAt)
    {
        Interlocked.Increment(ref _received);
        _latencies.RecordValue(Math.Clamp(Mark.Elapsed(dueAt, Mark.Micros(time)), 1, MaxLatency));
    }

    public void OnLost(long count) => Interlocked.Add(ref _lost, count);

    public void OnDoubled() => Interlocked.Increment(ref _doubled);

    public void OnClosed() => Interlocked.Increment(ref _closed);

    public void OnBytes(long count) => Interlocked.Add(ref _bytes, count);

    /// <summary>In µs; 0 if nothing was received.</summary>
    public long Percentile(double percentile) =>
        _latencies.TotalCount == 0 ? 0 : _latencies.GetValueAtPercentile(percentile);
}
