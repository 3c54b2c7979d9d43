using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>Accepts one client after another from a listener. No failure ends it, and it never spins.</summary>
/// <remarks>
/// After a client that left the queue, the next attempt follows at once. When descriptors run out, each attempt waits longer than
/// the one before, until a connection closes or the delay is over; clients wait in the accept queue. When no client could be
/// accepted for <see cref="ShedDelay"/>, the waiting clients are reset, so that they know that they are not served.
/// </remarks>
internal sealed partial class Acceptor(
    IConnectionListener listener,
    AcceptStatus status,
    AcceptFailureLog failures,
    TimeProvider time,
    Random random,
    ILogger logger)
{
    /// <summary>The maximum time that clients wait in the accept queue while no client at all is accepted.</summary>
    internal static readonly TimeSpan ShedDelay = TimeSpan.FromSeconds(5);

    private const int MaxPeersGoneInARow = 100;
    private const int MaxShedAtOnce = 1024;

    private readonly Backoff _backoff = new(TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(1), random);
    private int _peersGoneInARow;
    private int _isAccepting; // Debug only.

    /// <summary>The gates, which decide when the next client is accepted. Null: at once.</summary>
    public AcceptGates? Gates { get; init; }

    /// <summary>Ends the wait after a failure early. Null: only the delay ends it.</summary>
    public AsyncPulse? Released { get; init; }

    /// <summary>Returns the next client; null when the listener is unbound or <paramref name="stopping"/> fires. Throws nothing.
    /// One caller at a time.</summary>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken stopping)
    {
        AssertOneCaller(isAccepting: true);
        var connection = await AcceptCoreAsync(stopping);
        AssertOneCaller(isAccepting: false);
        return connection;
    }

    private async ValueTask<ConnectionContext?> AcceptCoreAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                if (Gates is not null)
                    await Gates.WaitAsync(status);
                var accepting = listener.AcceptAsync(stopping);
                if (!accepting.IsCompleted)
                    status.OnQueueEmpty();
                if (await accepting is not { } connection)
                {
                    if (!stopping.IsCancellationRequested)
                        OnListenerEnded();
                    return null;
                }

                OnSuccess();
                return connection;
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return null;
            }
            catch (Exception error)
            {
                if (AcceptFaults.Classify(error) is AcceptFault.PeerGone && ++_peersGoneInARow < MaxPeersGoneInARow)
                    continue;
                _peersGoneInARow = 0;
                await BackOffAsync(error, stopping);
            }
        }

        return null;
    }

    /// <summary>Records a failure, and waits before the next attempt.</summary>
    public async Task BackOffAsync(Exception error, CancellationToken stopping)
    {
        failures.OnFailure(listener.EndPoint, error);
        var isExhausted = AcceptFaults.Classify(error) is AcceptFault.Exhausted;
        status.OnFailed(error, isExhausted);
        if (isExhausted && status.FailingFor >= ShedDelay)
            failures.OnShed((listener as IAcceptQueueListener)?.Shed(MaxShedAtOnce) ?? 0);
        var delay = _backoff.Next();
        await (Released?.WaitAsync(delay, time, stopping) ?? Task.Delay(delay, time, stopping)).WithoutThrowing();
    }

    [Conditional("DEBUG")]
    private void AssertOneCaller(bool isAccepting)
    {
        var previous = Interlocked.Exchange(ref _isAccepting, isAccepting ? 1 : 0);
        Debug.Assert(previous == (isAccepting ? 0 : 1), "An acceptor has one caller at a time.");
    }

    private void OnSuccess()
    {
        _peersGoneInARow = 0;
        status.OnAccepted();
        _backoff.Reset();
        failures.OnSuccess(listener.EndPoint);
    }

    private void OnListenerEnded()
    {
        status.OnListenerEnded();
        LogListenerEnded(logger, listener.EndPoint);
    }

    [LoggerMessage(1103, LogLevel.Error, "{EndPoint} no longer listens: its listener ended without a request to stop.")]
    private static partial void LogListenerEnded(ILogger logger, EndPoint endpoint);
}
