using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Accepts the next client when the rate allows it; until then, clients wait in the accept queue.</summary>
internal sealed class AcceptRateGate(AcceptRateLimit limit, ListenOptions listen) : IAcceptGate
{
    private readonly BacklogNotice _notice = new(
        "UseAcceptRateLimit", listen, FormattableString.Invariant($"it accepts {limit.ConnectionsPerSecond:0.###} a second"));

    public string Name => "UseAcceptRateLimit";

    private TimeProvider Time => listen.Server.TimeProvider;

    public ValueTask WaitAsync(CancellationToken stopping)
    {
        var wait = limit.TimeUntilNext(Time);
        return wait == TimeSpan.Zero ? default : new(WaitForTimeAsync(wait, stopping));
    }

    /// <summary>If several listeners see the same token, one gets it; the accepted clients of the others wait.</summary>
    public ValueTask EnterAsync(ConnectionContext connection, CancellationToken stopping)
    {
        var wait = limit.Take(Time);
        return wait == TimeSpan.Zero ? default : new(Task.Delay(wait, Time, stopping));
    }

    /// <summary>Does nothing, because the gate counts new connections, not open ones.</summary>
    public void Leave()
    {
    }

    public void EnterExisting()
    {
    }

    /// <summary>Every waiter has a time at which it continues.</summary>
    public void ReleaseWaiters()
    {
    }

    private async Task WaitForTimeAsync(TimeSpan wait, CancellationToken stopping)
    {
        _notice.Notify();
        // If another listener took the token, the wait is longer, and the gate checks again.
        for (; wait > TimeSpan.Zero; wait = limit.TimeUntilNext(Time))
            await Task.Delay(wait, Time, stopping);
    }
}
