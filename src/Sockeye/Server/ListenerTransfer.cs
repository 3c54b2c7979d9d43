using System.Net;

namespace Sockeye;

/// <summary>
/// A connection that came before a reload, as the limits after it count it: what is open is open, whichever limits let it in.
/// </summary>
internal sealed class ListenerTransfer
{
    private readonly EndPoint? _address;

    public ListenerTransfer(ListenerConfiguration configuration, EndPoint? address)
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
