namespace Sockeye.Testing;

/// <summary>Posts every continuation of the run to its loop.</summary>
internal sealed class SimulationContext(SimulationLoop loop) : SynchronizationContext
{
    public override void Post(SendOrPostCallback d, object? state)
    {
        if (loop.TakeContinuation is not { } take || !take(d, state))
            loop.Post(state => d(state), state);
    }

    public override void Send(SendOrPostCallback d, object? state)
    {
        loop.ThrowIfForeignThread();
        d(state);
    }

    public override SynchronizationContext CreateCopy() => this;
}
