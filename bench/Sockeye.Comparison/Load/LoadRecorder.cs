using HdrHistogram;

namespace Sockeye.Comparison.Load;

/// <summary>What a load counts while it runs. Any number of connections report to it.</summary>
internal sealed class LoadRecorder(TimeProvider time)
{
    private const long MaxLatency = 60_000_000;
    private const int Digits = 3;

    private readonly LongConcurrentHistogram _latencies = new(1, MaxLatency, Digits);
    private long _messages;
    private long _longestStall;

    /// <summary>Messages that came back so far.</summary>
    public long Messages => Interlocked.Read(ref _messages);

    /// <summary>Latencies are kept only within a window.</summary>
    public bool IsOpen
    {
        get => Volatile.Read(ref field);
        set => Volatile.Write(ref field, value);
    }

    public long Now() => time.GetTimestamp();

    /// <summary>Adds messages that came back together, all sent at one time.</summary>
    public void Add(int messages, long sentAt)
    {
        Interlocked.Add(ref _messages, messages);
        if (IsOpen)
            _latencies.RecordValueWithCount(Math.Clamp(Microseconds(sentAt), 1, MaxLatency), messages);
    }

    /// <summary>Adds messages without a latency.</summary>
    public void Add(int messages) => Interlocked.Add(ref _messages, messages);

    /// <summary>Records how long a connection has waited for bytes.</summary>
    public void AddStall(long since)
    {
        var waited = Microseconds(since);
        var longest = Interlocked.Read(ref _longestStall);
        while (waited > longest)
        {
            var found = Interlocked.CompareExchange(ref _longestStall, waited, longest);
            if (found == longest)
                return;
            longest = found;
        }
    }

    /// <summary>Begins a window: forgets what was before it, but not the count of messages.</summary>
    public void Open()
    {
        _latencies.Reset();
        Interlocked.Exchange(ref _longestStall, 0);
        IsOpen = true;
    }

    public double? Percentile(double percentile) =>
        _latencies.TotalCount == 0 ? null : _latencies.GetValueAtPercentile(percentile);

    public double LongestWaitMs => Interlocked.Read(ref _longestStall) / 1000.0;

    private long Microseconds(long since) => time.GetElapsedTime(since).Ticks / TimeSpan.TicksPerMicrosecond;
}
