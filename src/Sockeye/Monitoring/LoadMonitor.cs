using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>Polls a server's load while it has connections, and logs the signs that appear and disappear.</summary>
/// <remarks>
/// It has a separate timer, because a logger may be slow and must not delay timeouts. Without connections, or if the log ignores
/// warnings, it does nothing. While no connection opens, closes or waits and there is no sign, it polls less often, down to once
/// per <see cref="MaxInterval"/>, so that an idle server costs almost nothing.
/// </remarks>
internal sealed partial class LoadMonitor : IDisposable
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    public static readonly TimeSpan MaxInterval = TimeSpan.FromSeconds(8);

    /// <summary>
    /// The time for which a sign must be absent before it is over. A sign that comes and goes is reported once.
    /// </summary>
    public static readonly TimeSpan Gap = TimeSpan.FromSeconds(10);

    private const int NotSet = 0;
    private const int Soon = 1;
    private const int Later = 2;

    private readonly LoadReader _load;
    private readonly IMonitoredServer _server;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private readonly Dictionary<(SaturationKind Kind, EndPoint? EndPoint), ReportedSign> _reported = [];
    private TimeSpan _interval = Interval;
    private int _lastCount;
    private int _state;

    /// <param name="load">The load to poll.</param>
    /// <param name="server">The server, which may have no connections.</param>
    /// <param name="time">The server's clock.</param>
    /// <param name="logger">The logger of the signs.</param>
    public LoadMonitor(LoadReader load, IMonitoredServer server, TimeProvider time, ILogger logger)
    {
        (_load, _server, _time, _logger) = (load, server, time, logger);
        _timer = time.CreateTimer(
            static watch => ((LoadMonitor)watch!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Starts polling, because a connection was accepted. Safe from any thread.</summary>
    public void Start()
    {
        var state = Volatile.Read(ref _state);
        if (state != Soon && _logger.IsEnabled(LogLevel.Warning) && Interlocked.Exchange(ref _state, Soon) != Soon)
            _timer.Change(Interval, Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => _timer.Dispose();

    /// <summary>
    /// Whether a sign is logged here. Held and failing accepts, and ended listeners, have separate log messages.
    /// </summary>
    private static bool IsReported(SaturationSign sign) =>
        sign.Kind is SaturationKind.AcceptQueue or SaturationKind.Connections or SaturationKind.HandlersWaiting;

    /// <summary>Sets the timer for one poll. The next one is set at its end, so that polls never overlap.</summary>
    private void Schedule(bool isQuiet)
    {
        _interval = isQuiet ? Min(_interval * 2, MaxInterval) : Interval;
        _timer.Change(_interval, Timeout.InfiniteTimeSpan);
        if (_interval == Interval)
            return;
        // A full fence: either this sees a connection that is accepted now, or the thread that accepted it sees that the poll is
        // late.
        Interlocked.Exchange(ref _state, Later);
        if (_server.ConnectionCount != _lastCount)
            Start();
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;

    /// <summary>Polls on the timer's thread, where an exception would end the process.</summary>
    private void OnTimer()
    {
        try
        {
            Poll();
        }
        catch (Exception error)
        {
            _logger.LogOutsideException(error, "polling the load of", "the server");
            Schedule(isQuiet: false);
        }
    }

    private void Poll()
    {
        // The poll runs now, so a new connection need not advance it.
        var before = Interlocked.Exchange(ref _state, Soon);
        Debug.Assert(before != NotSet, "A poll runs only when it was scheduled.");
        var load = _load.ReadWithoutStalls();
        foreach (var sign in load.Signs.Where(IsReported))
            Report(sign);
        foreach (var (key, report) in _reported)
        {
            if (_time.GetElapsedTime(report.SeenAt) < Gap)
                continue;
            _reported.Remove(key);
            var where = key.EndPoint is null ? "" : $" on {key.EndPoint}";
            LogSignOver(key.Kind, where, _time.GetElapsedTime(report.Since, report.SeenAt));
        }

        var isQuiet = load.Signs.Count == 0 && _reported.Count == 0 && _server.ConnectionCount == _lastCount
            && load.Listeners.All(listener => listener.AcceptQueueDepth is null or 0);
        _lastCount = _server.ConnectionCount;
        if (_lastCount > 0 || _reported.Count > 0)
        {
            Schedule(isQuiet);
            return;
        }

        _interval = Interval;
        // A full fence: either this sees a connection that is accepted now, or the thread that accepted it sees that no poll is
        // set.
        Interlocked.Exchange(ref _state, NotSet);
        if (_server.ConnectionCount > 0)
            Start();
    }

    private void Report(SaturationSign sign)
    {
        var now = _time.GetTimestamp();
        if (!_reported.TryGetValue((sign.Kind, sign.EndPoint), out var report))
            _reported.Add((sign.Kind, sign.EndPoint), report = new(now));
        report.SeenAt = now;
        // Logged when it appears, and once more when its level reaches 1.
        if (report.Level is { } level && (level >= 1 || sign.Level < 1))
            return;
        report.Level = sign.Level;
        LogSign(sign.Kind, (int)(sign.Level * 100), sign.Explanation);
    }

    [LoggerMessage(1310, LogLevel.Warning, "{Kind} at {Level} %: {Description}.")]
    private partial void LogSign(SaturationKind kind, int level, Explanation description);

    [LoggerMessage(1311, LogLevel.Information, "{Kind}{Where} is over: it lasted {Duration}.")]
    private partial void LogSignOver(SaturationKind kind, string where, TimeSpan duration);

    private sealed class ReportedSign(long since)
    {
        public long Since => since;

        public long SeenAt { get; set; }

        /// <summary>The level that was logged last.</summary>
        public double? Level { get; set; }
    }
}
