using System.Diagnostics;
using System.Globalization;

namespace Sockeye;

/// <summary>Reports servers to systemd while they run: the status line, the watchdog, and more time while they drain.</summary>
/// <remarks>
/// <para>The status has the number of connections, and the sentence of the worst sign of saturation. It is sent when it changes,
/// and again if systemd has not taken it.</para>
/// <para><c>WATCHDOG=1</c> is sent only after the thread pool, and each thread of the transports, have run: if one of them hangs
/// for longer than <c>WatchdogSec=</c>, systemd restarts the service.</para>
/// <para>While a server drains, the time to stop is extended, at most for <see cref="SockeyeServerOptions.ShutdownTimeout"/>.
/// </para>
/// <para>When another process has taken over, this one reports nothing: the other one is the service.</para>
/// </remarks>
public sealed class SystemdReporter : IAsyncDisposable
{
    private static readonly TimeSpan MaxPeriod = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MinPeriod = TimeSpan.FromMilliseconds(10);

    private readonly SystemdNotifier _notifier;
    private readonly Func<IReadOnlyList<SockeyeServer>> _getServers;
    private readonly Func<string?> _getNote;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _running;
    private readonly Lock _lock = new();
    private string _status = "";

    /// <summary>Starts to report.</summary>
    /// <param name="notifier">The notifier. The caller disposes of it after this.</param>
    /// <param name="getServers">Returns the servers that run, or drain.</param>
    /// <param name="getNote">Returns a sentence that the status begins with, such as a refused configuration. Default: null,
    /// none.</param>
    /// <param name="time">The clock. Default: null, that of the system.</param>
    public SystemdReporter(
        SystemdNotifier notifier, Func<IReadOnlyList<SockeyeServer>> getServers, Func<string?>? getNote = null,
        TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(notifier);
        ArgumentNullException.ThrowIfNull(getServers);
        (_notifier, _getServers) = (notifier, getServers);
        (_getNote, _time) = (getNote ?? (static () => null), time ?? TimeProvider.System);
        // Three reports within the timeout, so that one may be late.
        Period = notifier.WatchdogTimeout / 3 is { } third && third < MaxPeriod
            ? TimeSpan.FromTicks(Math.Max(third.Ticks, MinPeriod.Ticks))
            : MaxPeriod;
        _running = Scheduling.GetScheduler(notifier).RunAsync(RunAsync);
    }

    /// <summary>Gets the time between reports: a third of the watchdog's timeout, at most 5 s.</summary>
    public TimeSpan Period { get; }

    /// <summary>Gets whether another process has taken over from one of the servers: it is the service then, and this process
    /// must not send that it stops.</summary>
    public bool IsTakenOver => _getServers().Any(server => server.TakenOver.IsCompleted);

    /// <summary>Ends the reports.</summary>
    public async ValueTask DisposeAsync()
    {
        _end.Cancel();
        await _running;
        _end.Dispose();
    }

    /// <summary>Sends the status, and asks for more time if a server drains. The reporter does so by itself; call it when the
    /// state has just changed. Safe for use from any thread.</summary>
    public void Report()
    {
        lock (_lock)
            ReportLocked();
    }

    private void ReportLocked()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "One thread at a time compares the status with the last one, and sends it.");
        if (IsTakenOver)
            return;
        var loads = _getServers().Select(server => server.GetLoad()).ToList();
        var draining = loads
            .Where(load => load.StopTimeLeft is { } left && left != TimeSpan.Zero && load.Connections > 0)
            .ToList();
        if (draining.Count > 0)
            _notifier.ExtendTimeout(Period * 3);
        var status = Describe(loads, draining.Count > 0);
        if (status != _status && _notifier.Status(status))
            _status = status;
    }

    private string Describe(List<ServerLoad> loads, bool isDraining)
    {
        var connections = loads.Sum(load => load.Connections);
        var count = connections == 1 ? "1 connection" : $"{connections} connections";
        // A server that stops refuses clients, which is a sign, but not news.
        var sign = isDraining ? null : loads.SelectMany(load => load.Signs).MaxBy(sign => sign.Level);
        string?[] parts =
        [
            _getNote(), isDraining ? $"Stopping: {count} left" : count,
            sign is null ? null : string.Create(CultureInfo.InvariantCulture, $"{sign.Level:P0}: {sign.Description}"),
        ];
        return string.Join(". ", parts.Where(part => part is not null).Select(part => SentenceText.TrimFullStop(part!))) + ".";
    }

    private async Task RunAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            Report();
            var next = Task.Delay(Period, _time, _end.Token);
            await Task.WhenAll(_getServers().Select(server => server.Transport).OfType<ILivenessTransport>().Distinct()
                .Select(transport => transport.CheckThreadsAsync())).WaitAsync(_end.Token).WithoutThrowing();
            if (!_end.IsCancellationRequested && !IsTakenOver && _notifier.WatchdogTimeout is not null)
                _notifier.Watchdog();
            await next.WithoutThrowing();
        }
    }
}
