namespace Sockeye;

/// <summary>What a reload changes for a connection that is open: nothing, but that the new limits count it.</summary>
internal sealed partial class ServerConnection
{
    private readonly ListenPlan _plan;
    private Adoption? _adoption;
    private bool _hasLeft;

    /// <summary>Counts it in the limits of this plan, if it came by another and has not ended. Safe more than once.</summary>
    public void Adopt(ListenPlan plan)
    {
        if (plan == _plan)
            return;
        lock (_listening.Adopting)
        {
            if (_hasLeft || plan == _adoption?.Plan)
                return;
            _adoption?.Leave();
            _adoption = new(plan, _connection.RemoteEndPoint);
        }
    }

    private void Leave()
    {
        foreach (var gate in _plan.Gates.Take(_entered))
            gate.Leave();
        lock (_listening.Adopting)
        {
            _hasLeft = true;
            _adoption?.Leave();
        }
    }
}
