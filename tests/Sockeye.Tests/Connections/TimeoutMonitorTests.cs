using System.Buffers;
using System.Runtime.CompilerServices;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Connections;

/// <summary>The watch of a connection whose counts the test sets, under time that it moves.</summary>
public sealed class TimeoutMonitorTests
{
    private static readonly TimeSpan Tick = CoarseTimer.Tick;

    private readonly CountedTime _time = new();
    private readonly CoarseTimer _timer;
    private readonly ConnectionTimeouts _timeouts = new SockeyeServerOptions().Timeouts;

    public TimeoutMonitorTests() => _timer = new(_time);

    [Fact]
    public void Ten_thousand_idle_connections_wake_the_timer_no_more_than_every_few_seconds()
    {
        for (var i = 0; i < 10_000; i++)
        {
            Watch(new CountedConnection());
            _time.Advance(TimeSpan.FromMilliseconds(1)); // They did not come all at once.
        }

        var (before, time) = (_time.WakeUps, TimeSpan.FromMinutes(9));
        _time.Pass(time, TimeSpan.FromSeconds(0.1));

        // WriteStall is polled every 15 s, on a grid of 15/16 s.
        Assert.InRange(_time.WakeUps - before, 1, 600);
    }

    [Fact]
    public void Idle_connection_is_looked_at_once_in_its_time_where_writes_are_not_watched()
    {
        _timeouts.WriteStall = Timeout.InfiniteTimeSpan;
        var connections = Enumerable.Range(0, 1000).Select(_ => new CountedConnection()).ToList();
        connections.ForEach(connection => Watch(connection));

        _time.Pass(TimeSpan.FromMinutes(9), TimeSpan.FromSeconds(0.1));
        Assert.InRange(_time.WakeUps, 0, 1);
        foreach (var connection in connections)
            connection.Receive(1, since: TimeSpan.Zero);
        _time.Pass(TimeSpan.FromMinutes(2), TimeSpan.FromSeconds(0.1));

        // One to move them to the last wheel, one when they could have been idle.
        Assert.InRange(_time.WakeUps, 2, 3);
        Assert.All(connections, connection => Assert.Null(connection.CloseReason));
    }

    [Fact]
    public void The_system_is_not_asked_while_all_is_well()
    {
        var connection = new CountedConnection();
        Watch(connection);
        for (var i = 0; i < 1000; i++)
        {
            connection.Receive(10, since: TimeSpan.Zero);
            connection.Send(10);
            _time.Pass(TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(1));
        }

        Assert.Equal((0, null), (connection.Asked, connection.CloseReason));
    }

    [Fact]
    public void After_a_long_pause_what_has_arrived_meanwhile_is_received_first()
    {
        var (alive, silent) = (new CountedConnection(), new CountedConnection());
        Watch(alive);
        Watch(silent);

        _time.Advance(TimeSpan.FromHours(1)); // At once: nothing else could run.
        alive.Receive(1, since: TimeSpan.Zero);
        Assert.Null(silent.CloseReason);
        _time.Pass(TimeoutMonitor.SettleTime + Tick, Tick);

        Assert.Null(alive.CloseReason);
        Assert.Equal(CloseCause.Timeout, silent.CloseReason?.Cause);
    }

    [Fact]
    public void Transport_with_another_clock_never_makes_a_connection_idle_that_moves()
    {
        var connection = new CountedConnection();
        Watch(connection);

        for (var i = 0; i < 100; i++)
        {
            connection.Receive(1, since: TimeSpan.FromDays(10));
            _time.Pass(TimeSpan.FromMinutes(4), TimeSpan.FromSeconds(1));
        }

        Assert.Null(connection.CloseReason);
    }

    [Fact]
    public void Closing_is_in_order_where_nothing_waits_and_a_reset_where_something_does()
    {
        var (empty, unsent, unacknowledged) = (new CountedConnection(), new CountedConnection(), new CountedConnection());
        unsent.HasUnsent = true;
        unacknowledged.System = new(5, HasPending: true);
        _timeouts.WriteStall = Timeout.InfiniteTimeSpan;
        foreach (var connection in (CountedConnection[])[empty, unsent, unacknowledged])
            Watch(connection);

        _time.Pass(TimeSpan.FromMinutes(15), TimeSpan.FromSeconds(1));

        Assert.Equal((false, true, true), (empty.WasReset, unsent.WasReset, unacknowledged.WasReset));
    }

    [Fact]
    public void Ended_watch_leaves_nothing_of_its_connection_in_the_timer()
    {
        var gone = WatchAndEnd();

        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        Assert.False(gone.IsAlive);
        GC.KeepAlive(_timer);
    }

    [Fact]
    public void Polls_allocate_nothing()
    {
        _timeouts.MinReceiveRate = _timeouts.MinSendRate = new(1, TimeSpan.FromSeconds(5));
        _timeouts.FirstByte = _timeouts.Lifetime = TimeSpan.FromDays(1);
        var connection = new CountedConnection();
        var watch = Watch(connection);

        Assert.InRange(
            Allocations.Of(1000, () =>
            {
                connection.Receive(1_000_000, since: TimeSpan.Zero);
                watch.OnDue();
            }),
            0, 500);
        Assert.Null(connection.CloseReason);
    }

    [Fact]
    public void Watch_with_the_defaults_is_small()
    {
        const int Count = 10_000;
        var plan = new TimeoutMonitorSettings(_timeouts, _timer);
        var connection = new CountedConnection();
        var watches = new TimeoutMonitor[Count];
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Count; i++)
            watches[i] = new(connection, plan, null);

        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / Count, 1, 130);
        GC.KeepAlive(watches);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference WatchAndEnd()
    {
        var connection = new CountedConnection();
        Watch(connection).End();
        return new(connection);
    }

    private TimeoutMonitor Watch(CountedConnection connection)
    {
        var watch = new TimeoutMonitor(connection, new(_timeouts, _timer), stop: null);
        watch.Start();
        return watch;
    }

    private sealed class CountedConnection : TransportConnection, IConnectionProgressFeature
    {
        private long _received;
        private long _sent;
        private TimeSpan _since;

        public bool HasUnsent { get; set; }

        public SystemProgress System { get; set; }

        public int Asked { get; private set; }

        public bool? WasReset { get; private set; }

        public override MemoryPool<byte> MemoryPool => MemoryPool<byte>.Shared;

        public override long BytesReceived => _received;

        public override long BytesSent => _sent;

        public ConnectionProgress Progress => new(_received, _sent, _since, HasUnsent, default, default);

        public bool IsReadPaused => false;

        public bool IsSendBlocked => HasUnsent;

        public SystemProgress? GetSystemProgress()
        {
            Asked++;
            return System;
        }

        public void Receive(int bytes, TimeSpan since) => (_received, _since) = (_received + bytes, since);

        public void Send(int bytes) => _sent += bytes;

        public override void Abort(CloseReason reason)
        {
            SetCloseReason(reason);
            WasReset = true;
        }

        public override void Close(CloseReason reason)
        {
            SetCloseReason(reason);
            WasReset = false;
        }
    }
}
