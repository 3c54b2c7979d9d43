using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Accepts the next client when the rate allows it; until then, clients wait in the accept queue.</summary>
internal sealed class AcceptRateGate(AcceptRateLimit limit, PipelineContext pipeline) : IAcceptGate
{
    private readonly TimeProvider _time = pipeline.Server.Time;
    private readonly BacklogNotice _notice = new(
        "UseAcceptRateLimit", pipeline, FormattableString.Invariant($"it accepts {limit.ConnectionsPerSecond:0.###} a second"));

    public string Name => "UseAcceptRateLimit";

    public ValueTask WaitAsync(CancellationToken stopping)
    {
        var wait = limit.TimeUntilNext(_time);
        return wait == TimeSpan.Zero ? default : new(WaitForTimeAsync(wait, stopping));
    }

    /// <summary>If several listeners see the same token, one gets it; the accepted clients of the others wait.</summary>
    public ValueTask EnterAsync(ConnectionContext connection, CancellationToken stopping)
    {
        var wait = limit.Take(_time);
        return wait == TimeSpan.Zero ? default : new(Task.Delay(wait, _time, stopping));
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
        for (; wait > TimeSpan.Zero; wait = limit.TimeUntilNext(_time))
            await Task.Delay(wait, _time, stopping);
    }
}
