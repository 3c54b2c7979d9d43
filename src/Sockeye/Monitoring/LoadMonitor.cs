using System.Diagnostics;
using System.Net;
using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>Polls a server's load while it has connections, and logs the signs that appear and disappear.</summary>
/// <remarks>
/// It has a separate timer: a logger may be slow, and timeouts must not wait for it. Without connections, and without a log
/// that takes warnings, it does nothing. While no connection opens, closes or waits and there is no sign, it polls less and
/// less often, down to once per <see cref="MaxInterval"/>: an idle server costs next to nothing.
/// </remarks>
internal sealed partial class LoadMonitor : IDisposable
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    public static readonly TimeSpan MaxInterval = TimeSpan.FromSeconds(8);

    /// <summary>How long a sign must be away before it is over: one that comes and goes is report once.</summary>
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

    /// <param name="load">What to poll.</param>
    /// <param name="server">Whether it has connections.</param>
    /// <param name="time">The server's clock.</param>
    /// <param name="logger">Where it tells.</param>
    public LoadMonitor(LoadReader load, IMonitoredServer server, TimeProvider time, ILogger logger)
    {
        (_load, _server, _time, _logger) = (load, server, time, logger);
        _timer = time.CreateTimer(
            static watch => ((LoadMonitor)watch!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>There is a connection. From any thread.</summary>
    public void Start()
    {
        var state = Volatile.Read(ref _state);
        if (state != Soon && _logger.IsEnabled(LogLevel.Warning) && Interlocked.Exchange(ref _state, Soon) != Soon)
            _timer.Change(Interval, Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => _timer.Dispose();

    /// <summary>What has no lines of its own in the log: a limit, a failing accept and an end have.</summary>
    private static bool IsReported(SaturationSign sign) =>
        sign.Kind is SaturationKind.AcceptQueue or SaturationKind.Connections or SaturationKind.HandlersWaiting;

    /// <summary>Once, and again when the look is over: two never meet.</summary>
    private void Schedule(bool isQuiet)
    {
        _interval = isQuiet ? Min(_interval * 2, MaxInterval) : Interval;
        _timer.Change(_interval, Timeout.InfiniteTimeSpan);
        if (_interval == Interval)
            return;
        // A full fence: either this sees the connection that comes now, or the one who brings it sees that the look is far off.
        Interlocked.Exchange(ref _state, Later);
        if (_server.ConnectionCount != _lastCount)
            Start();
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;

    /// <summary>On a thread of the timer, where an exception would end the process.</summary>
    private void OnTimer()
    {
        try
        {
            Poll();
        }
        catch (Exception error)
        {
            _logger.LogOutsideException(error, "looking at the load of", "the server");
            Schedule(isQuiet: false);
        }
    }

    private void Poll()
    {
        // No connection brings this poll forward: it runs.
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
        // A full fence: either this sees the connection that comes now, or who brings it sees that nothing is set.
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
        // Once when it appears, and once more when it is as bad as can be.
        if (report.Level is { } level && (level >= 1 || sign.Level < 1))
            return;
        report.Level = sign.Level;
        LogSign(sign.Kind, (int)(sign.Level * 100), sign.Description);
    }

    [LoggerMessage(1310, LogLevel.Warning, "{Kind} at {Level} %: {Description}.")]
    private partial void LogSign(SaturationKind kind, int level, string description);

    [LoggerMessage(1311, LogLevel.Information, "{Kind}{Where} is over: it was there for {Duration}.")]
    private partial void LogSignOver(SaturationKind kind, string where, TimeSpan duration);

    private sealed class ReportedSign(long since)
    {
        public long Since => since;

        public long SeenAt { get; set; }

        /// <summary>As it was report last.</summary>
        public double? Level { get; set; }
    }
}
