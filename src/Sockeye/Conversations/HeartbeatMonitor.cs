using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>
/// The heartbeat of one connection: pings a silent peer, answers its pings, and ends the connection of a dead one.
/// </summary>
/// <remarks>One entry of the common timer, set again each time it comes due. Reading and writing do not touch it.</remarks>
internal sealed class HeartbeatMonitor<TIn, TOut> : CoarseTimerEntry, IMessageMonitor<TIn>
{
    private readonly MessageConnection<TIn, TOut> _messages;
    private readonly Heartbeat<TIn, TOut> _heartbeat;
    private readonly CoarseTimer _timer;
    private readonly Action<Task> _onWritten;
    private long _receivedMessages;
    private long _seenBytes;
    private long _seenMessages;
    private TimeSpan? _pingedAt;
    private TimeSpan _heardAt;
    private int _pongsBeingWritten;
    private volatile bool _hasEnded;

    private HeartbeatMonitor(MessageConnection<TIn, TOut> messages, Heartbeat<TIn, TOut> heartbeat)
    {
        (_messages, _heartbeat) = (messages, heartbeat);
        _timer = SharedTimers.Get(heartbeat.TimeProvider ?? Scheduling.GetTimeProvider(messages.Connection));
        _heardAt = _timer.Elapsed;
        _onWritten = _ => Interlocked.Decrement(ref _pongsBeingWritten);
    }

    private ConnectionContext Connection => _messages.ConnectionBelow;

    public static IMessageMonitor<TIn>? Attach(object messages, Heartbeat<TIn, TOut> heartbeat)
    {
        if (messages is not MessageConnection<TIn, TOut> connection)
        {
            throw new ArgumentException(
                $"The heartbeat is for connections that read {typeof(TIn).Name} and write {typeof(TOut).Name}, but this one is "
                    + $"{messages.GetType()}. Create it for both types of the connection.", nameof(heartbeat));
        }

        var monitor = new HeartbeatMonitor<TIn, TOut>(connection, heartbeat);
        if (heartbeat.CreatePing is not null)
        {
            monitor._timer.Set(monitor, heartbeat.Interval / 4);
            connection.ConnectionClosed.UnsafeRegister(
                static each => ((HeartbeatMonitor<TIn, TOut>)each!).End(), monitor);
            connection.Writer.Disposed.UnsafeRegister(
                static each => ((HeartbeatMonitor<TIn, TOut>)each!).End(), monitor);
        }

        return monitor;
    }

    public bool Hides(TIn message)
    {
        // The count is for connections that do not count bytes. One thread reads.
        Volatile.Write(ref _receivedMessages, _receivedMessages + 1);
        if (_heartbeat.IsPing?.Invoke(message) is true)
        {
            if (_heartbeat.CreatePong is { } create)
                WritePong(create(message));
            return true;
        }

        return _heartbeat.IsPong?.Invoke(message) is true;
    }

    internal protected override void OnDue()
    {
        if (_hasEnded)
            return;
        var now = _timer.Elapsed;
        Update(now);
        var due = _pingedAt is { } pinged ? pinged + _heartbeat.Timeout : _heardAt + _heartbeat.Interval;
        if (due <= now && _pingedAt is not null)
        {
            Connection.Abort(CloseReason.Local(
                CloseCause.Timeout,
                $"the peer sent nothing for {OptionChecks.Describe(_heartbeat.Timeout)} after a ping of the heartbeat"));
            return;
        }

        if (due <= now)
        {
            _pingedAt = now;
            due = now + _heartbeat.Timeout;
            _ = WriteAsync(_heartbeat.CreatePing!());
        }

        // While the peer is not silent, the time of its last bytes is known to a part of the interval.
        _timer.Set(this, _pingedAt is null ? Min(due - now, _heartbeat.Interval / 4) : due - now);
        // End sets the flag before it cancels, so this sees it.
        if (_hasEnded)
            _timer.Cancel(this);
    }

    /// <summary>Records whether the peer was heard since the last check.</summary>
    private void Update(TimeSpan now)
    {
        var progress = Connection.Features.Get<IConnectionProgressFeature>();
        var bytes = progress?.BytesReceived ?? 0;
        var messages = Volatile.Read(ref _receivedMessages);
        // What the peer sends while this side does not read cannot be seen.
        if (bytes == _seenBytes && messages == _seenMessages && progress is not { IsReadPaused: true })
            return;
        (_seenBytes, _seenMessages, _pingedAt, _heardAt) = (bytes, messages, null, now);
    }

    private void WritePong(TOut pong)
    {
        // A peer that sends pings and reads nothing must not fill the memory: one response at a time waits for it.
        if (Interlocked.Increment(ref _pongsBeingWritten) > 1)
        {
            Interlocked.Decrement(ref _pongsBeingWritten);
            return;
        }

        var write = WriteAsync(pong);
        if (write.IsCompleted)
            _onWritten(write);
        else
            write.ContinueWith(_onWritten, TaskContinuationOptions.ExecuteSynchronously);
    }

    /// <summary>Writes a message of the heartbeat. An error is that of the connection, which its reader gets.</summary>
    private async Task WriteAsync(TOut message)
    {
        try
        {
            await _messages.WriteAsync(message);
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or ConnectionAbortedException)
        {
            // The connection has ended.
        }
    }

    private static TimeSpan Min(TimeSpan first, TimeSpan second) => first < second ? first : second;

    private void End()
    {
        _hasEnded = true;
        _timer.Cancel(this);
    }
}
