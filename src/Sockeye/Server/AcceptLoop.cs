using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>Takes one client after the other from a listener, whatever goes wrong, and never spins.</summary>
/// <remarks>
/// A client that left while it waited costs nothing. When descriptors run out the loop waits, a little longer each time, until a
/// connection goes or the delay is over; clients meanwhile wait in the kernel's queue. If nobody could be taken for
/// <see cref="Patience"/>, those who wait are reset: they learn that they will not be served. A time of trouble is one episode,
/// with one line in the log when it begins and one when it is over.
/// </remarks>
internal sealed partial class AcceptLoop(
    IConnectionListener listener,
    Action<ConnectionContext> onAccepted,
    ReleaseSignal released,
    TimeProvider time,
    Random random,
    ILogger logger)
{
    /// <summary>How long waiting clients may wait while nobody at all is taken.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>How long all must be well before the next failure is a new episode.</summary>
    internal static readonly TimeSpan EpisodeGap = TimeSpan.FromSeconds(10);

    private const int MaxPeersGoneInARow = 100;
    private const int MaxShedAtOnce = 1024;

    private readonly Backoff _backoff = new(TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(1), random);
    private int _peersGoneInARow;
    private long? _blockedSince;
    private long? _lastFailure;
    private long _episodeBegan;
    private int _episodeFailures;
    private int _episodeShed;

    /// <summary>Ends when the listener is unbound or <paramref name="stopping"/> fires; by nothing else.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                if (await listener.AcceptAsync(stopping) is not { } connection)
                {
                    if (!stopping.IsCancellationRequested)
                        LogListenerEnded(listener.EndPoint);
                    return;
                }

                OnSuccess();
                onAccepted(connection);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                if (AcceptFaults.Classify(error) is AcceptFault.PeerGone && ++_peersGoneInARow < MaxPeersGoneInARow)
                    continue;
                _peersGoneInARow = 0;
                await WaitAfterAsync(error, stopping);
            }
        }
    }

    private void OnSuccess()
    {
        _peersGoneInARow = 0;
        _blockedSince = null;
        _backoff.Reset();
        EndEpisodeIfOver();
    }

    private async Task WaitAfterAsync(Exception error, CancellationToken stopping)
    {
        EndEpisodeIfOver();
        ServerMetrics.AcceptFailures.Add(1);
        var now = time.GetTimestamp();
        if (_lastFailure is null)
        {
            (_episodeBegan, _episodeFailures, _episodeShed) = (now, 0, 0);
            if (AcceptFaults.Classify(error) is AcceptFault.Exhausted)
                LogExhausted(listener.EndPoint, AcceptFaults.ErrorOf(error));
            else
                LogFailed(error, listener.EndPoint);
        }

        _lastFailure = now;
        _episodeFailures++;
        _blockedSince ??= now;
        if (AcceptFaults.Classify(error) is AcceptFault.Exhausted && time.GetElapsedTime(_blockedSince.Value, now) >= Patience)
            Shed();
        await released.WaitAsync(_backoff.Next(), time, stopping);
    }

    private void Shed()
    {
        var shed = (listener as IAcceptQueue)?.Shed(MaxShedAtOnce) ?? 0;
        _episodeShed += shed;
        ServerMetrics.Shed.Add(shed);
    }

    private void EndEpisodeIfOver()
    {
        if (_lastFailure is not { } last || time.GetElapsedTime(last) < EpisodeGap)
            return;
        LogRecovered(listener.EndPoint, time.GetElapsedTime(_episodeBegan, last), _episodeFailures, _episodeShed);
        _lastFailure = null;
    }
}
