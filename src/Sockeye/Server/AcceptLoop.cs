using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>Takes one client after the other from a listener, whatever goes wrong, and never spins.</summary>
/// <remarks>
/// A client that left while it waited costs nothing. When descriptors run out the loop waits, a little longer each time, until a
/// connection goes or the delay is over; clients meanwhile wait in the kernel's queue. If nobody could be taken for
/// <see cref="ShedDelay"/>, those who wait are reset: they learn that they will not be served.
/// </remarks>
internal sealed partial class AcceptLoop(
    IConnectionListener listener,
    AcceptGates? gates,
    Action<ConnectionContext> onAccepted,
    AsyncPulse released,
    AcceptFailureLog failures,
    TimeProvider time,
    Random random,
    ILogger logger)
{
    /// <summary>How long waiting clients may wait while nobody at all is taken.</summary>
    internal static readonly TimeSpan ShedDelay = TimeSpan.FromSeconds(5);

    private const int MaxPeersGoneInARow = 100;
    private const int MaxShedAtOnce = 1024;

    private readonly Backoff _backoff = new(TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(1), random);
    private int _peersGoneInARow;

    /// <summary>Whether it takes clients, and if not, why.</summary>
    public AcceptStatus Status { get; } = new(time);

    /// <summary>Ends when the listener is unbound or <paramref name="stopping"/> fires; by nothing else.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        while (await AcceptAsync(stopping) is { } connection)
        {
            try
            {
                onAccepted(connection);
            }
            catch (Exception error)
            {
                // Nobody has it, so nobody else would end it.
                connection.Abort(CloseReason.Local(
                    CloseCause.Abort, $"the server could not begin to serve it: {OutsideCode.GetMessage(error)}", error));
                await BackOffAsync(error, stopping);
            }
        }
    }

    /// <summary>The next client, for who has a loop of its own; one caller at a time. Null when the listener is unbound or
    /// <paramref name="stopping"/> fires; it throws nothing.</summary>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                if (gates is not null)
                    await gates.WaitAsync(Status);
                var accepting = listener.AcceptAsync(stopping);
                if (!accepting.IsCompleted)
                    Status.OnQueueEmpty();
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

    private void OnSuccess()
    {
        _peersGoneInARow = 0;
        Status.OnAccepted();
        _backoff.Reset();
        failures.OnSuccess(listener.EndPoint);
    }

    private void OnListenerEnded()
    {
        Status.OnListenerEnded();
        LogListenerEnded(listener.EndPoint);
    }

    private async Task BackOffAsync(Exception error, CancellationToken stopping)
    {
        failures.OnFailure(listener.EndPoint, error);
        Status.OnFailed(error);
        if (AcceptFaults.Classify(error) is AcceptFault.Exhausted && Status.FailingFor >= ShedDelay)
            failures.OnShed((listener as IAcceptQueue)?.Shed(MaxShedAtOnce) ?? 0);
        await released.WaitAsync(_backoff.Next(), time, stopping);
    }
}
