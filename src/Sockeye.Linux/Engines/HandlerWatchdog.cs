using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Sockeye.Linux;

/// <summary>
/// Polls engine threads that run handlers inline, and reports a handler that blocks one, so that the thread serves no connection.
/// </summary>
/// <remarks>
/// It samples, so that calls of handlers cost the engine nothing. A call is detected at most one <see cref="Interval"/> after its
/// start, so reported times are slightly short, and never too long.
/// </remarks>
internal sealed partial class HandlerWatchdog : IDisposable
{
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(125);

    /// <summary>The time for which a call must block its thread before it is reported.</summary>
    public static readonly TimeSpan BlockedAfter = TimeSpan.FromMilliseconds(250);

    private readonly TimeProvider _time;
    private readonly Func<IReadOnlyList<EngineThread>> _threads;
    private readonly Dictionary<EngineThread, Call> _calls = [];
    private readonly Lock _lock = new();
    private ILogger? _logger;
    private ITimer? _timer;
    private volatile Call[] _blocking = [];
    private bool _isDisposed;

    /// <param name="time">The clock.</param>
    /// <param name="threads">Returns the running threads; there may be none yet.</param>
    public HandlerWatchdog(TimeProvider time, Func<IReadOnlyList<EngineThread>> threads) => (_time, _threads) = (time, threads);

    /// <summary>The calls that block a thread.</summary>
    public IReadOnlyList<BlockingHandler> BlockingHandlers
    {
        get
        {
            var found = _blocking;
            return found.Length == 0 ? [] : [.. found.Where(call => call.IsRunning).Select(Describe)];
        }
    }

    /// <summary>Sets the logger, which must not throw. Polling starts with the first one.</summary>
    public void UseLogger(ILogger logger)
    {
        lock (_lock)
        {
            _logger = logger;
            if (!_isDisposed)
                _timer ??= _time.CreateTimer(static watchdog => ((HandlerWatchdog)watchdog!).Poll(), this, Interval, Interval);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            _timer?.Dispose();
        }
    }

    private void Poll()
    {
        // A poll that takes longer than the interval must not overlap the next one.
        if (!_lock.TryEnter())
            return;
        try
        {
            if (_isDisposed)
                return;
            foreach (var thread in _threads())
                Poll(thread, _logger!);
            if (_blocking.Length > 0 || _calls.Values.Any(call => call.IsReported))
                _blocking = [.. _calls.Values.Where(call => call.IsReported)];
        }
        finally
        {
            _lock.Exit();
        }
    }

    private void Poll(EngineThread thread, ILogger logger)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "The calls change only under the lock.");
        var (connection, number) = thread.CurrentCall;
        if (_calls.GetValueOrDefault(thread) is { } call)
        {
            if (connection is not null && number == call.Number)
            {
                // The first poll may have read the connection of the previous call. Only now do connection and call match for
                // certain.
                call.Connection = connection;
                CheckCall(call, thread, logger);
                return;
            }

            _calls.Remove(thread);
            if (call is { IsReported: true, Connection: var released })
                Log.Returned(logger, released.ConnectionId, released.RemoteEndPoint, thread.Name, Seconds(call), call.Waiting);
        }

        if (connection is not null)
            _calls[thread] = new(thread, number, _time.GetTimestamp()) { Connection = connection };
    }

    private void CheckCall(Call call, EngineThread thread, ILogger logger)
    {
        call.Waiting = Math.Max(0, thread.ConnectionCount - 1);
        if (call.IsReported || _time.GetElapsedTime(call.SeenAt) < BlockedAfter)
            return;
        call.IsReported = true;
        var blocking = call.Connection;
        Log.Blocked(logger, blocking.ConnectionId, blocking.RemoteEndPoint, thread.Name, Seconds(call), call.Waiting);
    }

    private BlockingHandler Describe(Call call) => new(
        call.Connection.ConnectionId, call.Connection.RemoteEndPoint, call.Thread.Name, _time.GetElapsedTime(call.SeenAt),
        call.Waiting);

    private double Seconds(Call call) => _time.GetElapsedTime(call.SeenAt).TotalSeconds;

    /// <summary>A call of a handler that was running at a poll.</summary>
    private sealed class Call(EngineThread thread, long number, long seenAt)
    {
        public EngineThread Thread => thread;

        public long Number => number;

        public long SeenAt => seenAt;

        public required ConnectionContext Connection { get; set; }

        public bool IsReported { get; set; }

        public int Waiting { get; set; }

        public bool IsRunning => thread.CurrentCall is { Connection: not null, Call: var current } && current == number;
    }

    private static partial class Log
    {
        [LoggerMessage(4002, LogLevel.Warning,
            "The handler of {ConnectionId} ({RemoteEndPoint}) has blocked its engine thread, {Thread}, for {Seconds:0.0} s: " +
            "{Waiting} other connections are waiting.")]
        public static partial void Blocked(
            ILogger logger, string connectionId, EndPoint? remoteEndPoint, string thread, double seconds, int waiting);

        [LoggerMessage(4003, LogLevel.Warning,
            "The handler of {ConnectionId} ({RemoteEndPoint}) has returned. It blocked its engine thread, {Thread}, for " +
            "{Seconds:0.0} s: {Waiting} other connections waited.")]
        public static partial void Returned(
            ILogger logger, string connectionId, EndPoint? remoteEndPoint, string thread, double seconds, int waiting);
    }
}
