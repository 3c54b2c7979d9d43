using System.Net;

namespace Sockeye;

/// <summary>Counts an open connection in the limits of a later configuration, even if that exceeds them.</summary>
internal sealed class LimitTransfer
{
    private readonly EndPoint? _address;

    public LimitTransfer(ListenerConfiguration configuration, EndPoint? address)
    {
        (Configuration, _address) = (configuration, address);
        foreach (var gate in configuration.Gates)
            gate.EnterExisting();
        foreach (var counter in configuration.Counters)
            counter.Enter(address);
    }

    public ListenerConfiguration Configuration { get; }

    public void Leave()
    {
        foreach (var gate in Configuration.Gates)
            gate.Leave();
        foreach (var counter in Configuration.Counters)
            counter.Leave(_address);
    }
}
