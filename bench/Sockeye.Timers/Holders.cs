using System.Buffers;

namespace Sockeye.Timers;

/// <summary>Holds what watches each of many connections.</summary>
internal interface IHolder
{
    int Count { get; }

    /// <summary>Makes it for all of them.</summary>
    void Start();

    void End();
}

/// <summary>What Sockeye does: one timer, one small object a connection.</summary>
internal sealed class CoarseHolder : IHolder
{
    private readonly Connection[] _connections;
    private readonly TimeoutMonitor[] _watches;
    private readonly TimeoutMonitorSettings _plan;

    public CoarseHolder(int count, bool allOn)
    {
        var timeouts = new SockeyeServerOptions().Timeouts;
        if (allOn)
        {
            timeouts.FirstByte = TimeSpan.FromSeconds(30);
            timeouts.Lifetime = TimeSpan.FromHours(1);
            timeouts.MinReceiveRate = timeouts.MinSendRate = new(100, TimeSpan.FromSeconds(10));
        }

        _plan = new(timeouts, new CoarseTimer(TimeProvider.System));
        _connections = [.. Enumerable.Range(0, count).Select(_ => new Connection(isSending: allOn))];
        _watches = new TimeoutMonitor[count];
    }

    public int Count => _watches.Length;

    public void Start()
    {
        for (var i = 0; i < _watches.Length; i++)
        {
            _watches[i] = new(_connections[i], _plan, stop: null);
            _watches[i].Start();
        }
    }

    public void End()
    {
        foreach (var watch in _watches)
            watch.End();
        if (_connections.FirstOrDefault(connection => connection.CloseReason is not null) is { } closed)
            throw new InvalidOperationException($"A connection was closed: {closed.CloseReason}.");
    }

    /// <param name="isSending">Whether its peer sends 1,000 bytes a second.</param>
    private sealed class Connection(bool isSending) : TransportConnection, IConnectionProgressFeature
    {
        private readonly long _begun = TimeProvider.System.GetTimestamp();

        public override MemoryPool<byte> MemoryPool => MemoryPool<byte>.Shared;

        public override long BytesReceived =>
            isSending ? (long)(TimeProvider.System.GetElapsedTime(_begun).TotalSeconds * 1000) : 0;

        public override long BytesSent => 0;

        public ConnectionProgress Progress => new(
            BytesReceived, BytesSent, TimeProvider.System.GetElapsedTime(_begun), HasUnsent: false, default, default);

        public SystemProgress? GetSystemProgress() => null;

        public bool IsReadPaused => false;

        public bool IsSendBlocked => false;

        public override void Abort(CloseReason reason) => SetCloseReason(reason);

        public override void Close(CloseReason reason) => SetCloseReason(reason);
    }
}

/// <summary>A timer of .NET for each connection.</summary>
internal sealed class TimerHolder(int count) : IHolder
{
    private readonly Timer[] _timers = new Timer[count];

    public int Count => count;

    public void Start()
    {
        for (var i = 0; i < _timers.Length; i++)
            _timers[i] = new(static _ => { }, null, TimeSpan.FromMinutes(10), Timeout.InfiniteTimeSpan);
    }

    public void End()
    {
        foreach (var timer in _timers)
            timer.Dispose();
    }
}

/// <summary>A cancellation for each connection's read that is under way.</summary>
internal sealed class CancelHolder(int count) : IHolder
{
    private readonly CancellationTokenSource[] _sources = new CancellationTokenSource[count];

    public int Count => count;

    public void Start()
    {
        for (var i = 0; i < _sources.Length; i++)
            _sources[i] = new(TimeSpan.FromMinutes(10), TimeProvider.System);
    }

    public void End()
    {
        foreach (var source in _sources)
            source.Dispose();
    }
}
