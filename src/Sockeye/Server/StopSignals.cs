using System.Runtime.InteropServices;

namespace Sockeye;

/// <summary>
/// Turns the first Ctrl+C (SIGINT) or SIGTERM into a token; a later one ends the process as if nothing handled it.
/// </summary>
/// <remarks>
/// A signal often comes twice for one wish: timeout(1) sends it to its child and to the process group, a shell's <c>kill</c> to
/// a job may reach a process by two ways. So for 200 ms after the first one they are the same wish.
/// </remarks>
internal sealed class StopSignals : IDisposable
{
    private static readonly TimeSpan DuplicateWindow = TimeSpan.FromMilliseconds(200);

    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop;
    private readonly PosixSignalRegistration[] _registrations;
    private long? _first;
    private bool _isDisposed;

    public StopSignals(TimeProvider time, CancellationToken cancellationToken)
    {
        _time = time;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Token = _stop.Token;
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
        ];
    }

    public CancellationToken Token { get; }

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
        // A signal that came before may be on its way still.
        lock (_lock)
            _isDisposed = true;
        _stop.Dispose();
    }

    /// <summary>Whether the signal is dealt with; false leaves it to the system, which ends the process.</summary>
    internal bool Handle()
    {
        lock (_lock)
        {
            if (_isDisposed)
                return false;
            if (_first is { } first)
                return _time.GetElapsedTime(first) < DuplicateWindow;
            if (_stop.IsCancellationRequested)
                return false; // It was asked to stop otherwise, and this is impatience.
            _first = _time.GetTimestamp();
            // What waits for the token goes on elsewhere: nothing of it runs, or throws, on the thread of the signal.
            _ = _stop.CancelAsync();
            return true;
        }
    }

    private void OnSignal(PosixSignalContext signal) => signal.Cancel = Handle();
}

internal static class CancellationTokenExtensions
{
    /// <summary>Completes when the token fires, without an exception.</summary>
    public static async Task WhenCancelledAsync(this CancellationToken token) =>
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token).WithoutThrowing();
}
