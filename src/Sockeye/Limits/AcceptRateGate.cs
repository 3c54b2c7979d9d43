using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Takes the next client when its time has come; until then clients wait in the accept queue.</summary>
internal sealed class AcceptRateGate(AcceptRateLimit limit, ListenOptions listen) : IAcceptGate
{
    private readonly BacklogNotice _notice = new(
        "UseAcceptRateLimit", listen, FormattableString.Invariant($"it takes {limit.ConnectionsPerSecond:0.###} a second"));

    public string Name => "UseAcceptRateLimit";

    private TimeProvider Time => listen.Server.TimeProvider;

    public ValueTask WaitAsync(CancellationToken stopping)
    {
        var wait = limit.TimeUntilNext(Time);
        return wait == TimeSpan.Zero ? default : new(WaitForTimeAsync(wait, stopping));
    }

    /// <summary>Of several listeners that saw the same token one gets it; the clients of the others wait, accepted.</summary>
    public ValueTask EnterAsync(ConnectionContext connection, CancellationToken stopping)
    {
        var wait = limit.Take(Time);
        return wait == TimeSpan.Zero ? default : new(Task.Delay(wait, Time, stopping));
    }

    /// <summary>It counts who comes, not who is there.</summary>
    public void Leave()
    {
    }

    public void EnterExisting()
    {
    }

    /// <summary>Whoever waits has a time that comes.</summary>
    public void ReleaseWaiters()
    {
    }

    private async Task WaitForTimeAsync(TimeSpan wait, CancellationToken stopping)
    {
        _notice.Notify();
        // Longer than asked for, where somebody else took what was there: asked again.
        for (; wait > TimeSpan.Zero; wait = limit.TimeUntilNext(Time))
            await Task.Delay(wait, Time, stopping);
    }
}
