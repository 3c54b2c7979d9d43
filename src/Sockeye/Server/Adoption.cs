using System.Net;

namespace Sockeye;

/// <summary>
/// A connection that came before a reload, as the limits after it count it: what is open is open, whichever limits let it in.
/// </summary>
internal sealed class Adoption
{
    private readonly EndPoint? _address;

    public Adoption(ListenPlan plan, EndPoint? address)
    {
        (Plan, _address) = (plan, address);
        foreach (var gate in plan.Gates)
            gate.Adopt();
        foreach (var count in plan.Counts)
            count.Enter(address);
    }

    public ListenPlan Plan { get; }

    public void Leave()
    {
        foreach (var gate in Plan.Gates)
            gate.Leave();
        foreach (var count in Plan.Counts)
            count.Leave(_address);
    }
}
