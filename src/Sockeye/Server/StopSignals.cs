using System.Runtime.InteropServices;

namespace Sockeye;

/// <summary>
/// Turns the first Ctrl+C (SIGINT) or SIGTERM into a token; a later one ends the process as if nothing handled it. On Windows,
/// Ctrl+Break and the end of the console, of the session or of the system do the same.
/// </summary>
/// <remarks>
/// <para>A signal often comes twice for one request: timeout(1) sends it to its child and to the process group, a shell's
/// <c>kill</c> to a job may reach a process by two ways. So signals within 200 ms of the first one
/// count as the same request, also when the stop has ended by then.</para>
/// <para>Windows ends the process when the handler of a closed console or of a shutdown returns, and in any case after 5 s
/// (learn.microsoft.com/windows/console/handlerroutine). So that handler does not return: the process ends by itself, or the
/// system ends it. Until then, registrations cannot be disposed of.</para>
/// </remarks>
internal sealed class StopSignals : IDisposable
{
    private static readonly TimeSpan DuplicateWindow = TimeSpan.FromMilliseconds(200);

    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop;
    private readonly PosixSignalRegistration[] _registrations;
    private long? _first;
    private ITimer? _registrationsEnd;
    private bool _isDisposed;
    private bool _isProcessEnding;

    public StopSignals(TimeProvider time, CancellationToken cancellationToken)
    {
        _time = time;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Token = _stop.Token;
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, OperatingSystem.IsWindows() ? OnProcessEnd : OnSignal),
            .. OperatingSystem.IsWindows() ? CreateForWindows() : [],
        ];
    }

    public CancellationToken Token { get; }

    public void Dispose()
    {
        TimeSpan untilDuplicatesEnd;
        lock (_lock)
        {
            _isDisposed = true; // A signal that came before may be on its way still.
            untilDuplicatesEnd = _first is { } first ? DuplicateWindow - _time.GetElapsedTime(first) : TimeSpan.Zero;
        }

        _stop.Dispose();
        // A stop without connections takes a few milliseconds: without a registration, a duplicate would end the process.
        if (untilDuplicatesEnd > TimeSpan.Zero)
            _registrationsEnd = _time.CreateTimer(_ => EndRegistrations(), null, untilDuplicatesEnd, Timeout.InfiniteTimeSpan);
        else
            EndRegistrations();
    }

    /// <summary>Whether the signal is dealt with; false leaves it to the system, which ends the process.</summary>
    /// <param name="isProcessEnd">Whether the handler of this signal does not return.</param>
    internal bool Handle(bool isProcessEnd = false)
    {
        lock (_lock)
        {
            var wasStopped = _isDisposed || _stop.IsCancellationRequested;
            if (_first is { } first ? _time.GetElapsedTime(first) >= DuplicateWindow : wasStopped)
                return false; // A stop was requested before. This signal ends the process at once.
            _isProcessEnding |= isProcessEnd;
            if (_first is not null)
                return true;
            _first = _time.GetTimestamp();
            // Code that waits for the token continues on another thread: none of it runs, or throws, on the thread of the signal.
            _ = _stop.CancelAsync();
            return true;
        }
    }

    private void EndRegistrations()
    {
        lock (_lock)
        {
            if (_isProcessEnding)
                return;
        }

        foreach (var registration in _registrations)
            registration.Dispose();
        _registrationsEnd?.Dispose();
    }

    private PosixSignalRegistration[] CreateForWindows() =>
    [
        PosixSignalRegistration.Create(PosixSignal.SIGQUIT, OnSignal), // Ctrl+Break
        PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnProcessEnd), // The console is closed.
    ];

    private void OnSignal(PosixSignalContext signal) => signal.Cancel = Handle();

    /// <summary>See the remarks of the class.</summary>
    private void OnProcessEnd(PosixSignalContext signal)
    {
        if (Handle(isProcessEnd: true))
            new ManualResetEvent(false).WaitOne();
    }
}

internal static class CancellationTokenExtensions
{
    /// <summary>Completes when the token fires, without an exception.</summary>
    public static async Task WhenCancelledAsync(this CancellationToken token) =>
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token).WithoutThrowing();
}
