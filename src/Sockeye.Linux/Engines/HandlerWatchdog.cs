using Microsoft.Extensions.Logging;

namespace Sockeye.Linux;

/// <summary>
/// Looks at engine threads that run handlers, and tells when one of those blocks: then all connections of the thread stand
/// still.
/// </summary>
/// <remarks>
/// It samples, so that a handler's call costs the engine nothing more. A call is seen at most one <see cref="Interval"/> after it
/// began; the times that are told are therefore a little short, and never too long.
/// </remarks>
internal sealed partial class HandlerWatchdog : IDisposable
{
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(125);

    /// <summary>How long a call may be seen to hold its thread before it is told.</summary>
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
    /// <param name="threads">The threads that run now; they may begin to run later.</param>
    public HandlerWatchdog(TimeProvider time, Func<IReadOnlyList<EngineThread>> threads) => (_time, _threads) = (time, threads);

    /// <summary>The calls that were found to block a thread and that still do. From any thread, at once.</summary>
    public IReadOnlyList<BlockingHandler> BlockingHandlers
    {
        get
        {
            var found = _blocking;
            return found.Length == 0 ? [] : [.. found.Where(call => call.IsRunning).Select(Describe)];
        }
    }

    /// <summary>Tells this logger from now on, which must not throw. Without any there is nothing to look for.</summary>
    public void LogTo(ILogger logger)
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
        // A look that takes longer than the interval must not meet the next one.
        if (!_lock.TryEnter())
            return;
        try
        {
            if (_isDisposed)
                return;
            foreach (var thread in _threads())
                Poll(thread, _logger!);
            if (_blocking.Length > 0 || _calls.Values.Any(call => call.IsLogged))
                _blocking = [.. _calls.Values.Where(call => call.IsLogged)];
        }
        finally
        {
            _lock.Exit();
        }
    }

    private void Poll(EngineThread thread, ILogger logger)
    {
        var (connection, number) = thread.CurrentCall;
        if (_calls.GetValueOrDefault(thread) is { } call)
        {
            if (connection is not null && number == call.Number)
            {
                // The first look may have met the end of the call before: only now connection and call surely belong together.
                call.Connection = connection;
                CheckCall(call, thread, logger);
                return;
            }

            _calls.Remove(thread);
            if (call is { IsLogged: true, Connection: var released })
                LogResumed(logger, released.ConnectionId, released.RemoteEndPoint, thread.Name, Seconds(call), call.Waiting);
        }

        if (connection is not null)
            _calls[thread] = new(thread, number, _time.GetTimestamp()) { Connection = connection };
    }

    private void CheckCall(Call call, EngineThread thread, ILogger logger)
    {
        call.Waiting = Math.Max(0, thread.ConnectionCount - 1);
        if (call.IsLogged || _time.GetElapsedTime(call.SeenAt) < BlockedAfter)
            return;
        call.IsLogged = true;
        var blocking = call.Connection;
        LogBlocked(logger, blocking.ConnectionId, blocking.RemoteEndPoint, thread.Name, Seconds(call), call.Waiting);
    }

    private BlockingHandler Describe(Call call) => new(
        call.Connection.ConnectionId, call.Connection.RemoteEndPoint, call.Thread.Name, _time.GetElapsedTime(call.SeenAt),
        call.Waiting);

    private double Seconds(Call call) => _time.GetElapsedTime(call.SeenAt).TotalSeconds;

    /// <summary>A call of a handler that was under way when somebody looked.</summary>
    private sealed class Call(EngineThread thread, long number, long seenAt)
    {
        public EngineThread Thread => thread;

        public long Number => number;

        public long SeenAt => seenAt;

        public required EngineConnection Connection { get; set; }

        public bool IsLogged { get; set; }

        public int Waiting { get; set; }

        public bool IsRunning => thread.CurrentCall is { Connection: not null, Call: var current } && current == number;
    }
}
