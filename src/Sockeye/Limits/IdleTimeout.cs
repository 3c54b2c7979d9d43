using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Closes connections on which nothing moves, with one timer for all of them.</summary>
internal sealed class IdleTimeout
{
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<ConnectionContext, Watched> _watched = [];
    private readonly TimeSpan _tick;
    private readonly ITimer _timer;
    private readonly Lock _timerLock = new();
    private long _lastNumber;
    private bool _ticking;

    public IdleTimeout(TimeSpan timeout, TimeProvider time)
    {
        (_timeout, _time) = (timeout, time);
        _tick = TimeSpan.FromTicks(Math.Clamp(timeout.Ticks / 4, TimeSpan.TicksPerMillisecond, TimeSpan.TicksPerSecond));
        _timer = time.CreateTimer(
            static watch => ((IdleTimeout)watch!).Check(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (connection.BytesReceived is null)
            throw new InvalidOperationException("UseIdleTimeout needs a transport that counts bytes, as all of Sockeye's do.");
        _watched[connection] = new(Interlocked.Increment(ref _lastNumber), Traffic(connection), _time.GetTimestamp());
        Tick(on: true);
        try
        {
            await next(connection);
        }
        finally
        {
            _watched.TryRemove(connection, out _);
        }
    }

    private static long Traffic(ConnectionContext connection) => (connection.BytesReceived + connection.BytesSent) ?? 0;

    private void Check()
    {
        List<(long Number, ConnectionContext Connection)>? idle = null;
        foreach (var (connection, watched) in _watched)
        {
            if (Traffic(connection) is var traffic && traffic != watched.Traffic)
                (watched.Traffic, watched.Since) = (traffic, _time.GetTimestamp());
            else if (_time.GetElapsedTime(watched.Since) >= _timeout)
                (idle ??= []).Add((watched.Number, connection));
        }

        // In an order of its own: that of the dictionary differs from run to run, and so would a simulation.
        idle?.Sort((left, right) => left.Number.CompareTo(right.Number));
        foreach (var (_, connection) in idle ?? [])
            Close(connection);
        if (_watched.IsEmpty)
            Tick(on: false);
    }

    /// <summary>The timer runs only while there is something to watch: a stopped server leaves nothing behind.</summary>
    private void Tick(bool on)
    {
        lock (_timerLock)
        {
            // Looked at again under the lock: a connection may have come since the timer saw none.
            if (on == _ticking || (!on && !_watched.IsEmpty))
                return;
            _ticking = on;
            var period = on ? _tick : Timeout.InfiniteTimeSpan;
            _timer.Change(period, period);
        }
    }

    private void Close(ConnectionContext connection)
    {
        if (_watched.TryRemove(connection, out _))
            connection.Close(
                CloseReason.Local(CloseCause.Timeout, $"nothing was received or sent for {_timeout} (UseIdleTimeout)"));
    }

    private sealed class Watched(long number, long traffic, long since)
    {
        public long Number => number;

        public long Traffic { get; set; } = traffic;

        public long Since { get; set; } = since;
    }
}
