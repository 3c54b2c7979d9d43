namespace Sockeye;

/// <summary>What a reload changes for a connection that is open: nothing, but that the new limits count it.</summary>
internal sealed partial class ServerConnection
{
    private readonly ListenerConfiguration _configuration;
    private ListenerTransfer? _transfer;
    private bool _hasLeft;

    /// <summary>Counts it in the limits of this plan, if it came by another and has not ended. Safe more than once.</summary>
    public void TransferTo(ListenerConfiguration configuration)
    {
        if (configuration == _configuration)
            return;
        lock (_listener.TransferLock)
        {
            if (_hasLeft || configuration == _transfer?.Configuration)
                return;
            _transfer?.Leave();
            _transfer = new(configuration, _connection.RemoteEndPoint);
        }
    }

    private void Leave()
    {
        foreach (var gate in _configuration.Gates.Take(_entered))
            gate.Leave();
        lock (_listener.TransferLock)
        {
            _hasLeft = true;
            _transfer?.Leave();
        }
    }
}
