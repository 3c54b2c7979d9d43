using System.Net;

namespace Sockeye;

/// <summary>How one listener of a server takes its clients, as it was when it was asked for.</summary>
public sealed class ListenerLoad
{
    internal ListenerLoad(ActiveListener active, bool isStopping)
    {
        var (listener, status) = (active.Listener, active.Status);
        EndPoint = listener.EndPoint;
        Status = status;
        IsListening = !isStopping && status is not { HasEnded: true };
        if (!IsListening)
            return;
        Queue = (listener as IAcceptQueue)?.Queue;
        (AcceptFailingFor, HeldFor) = (status?.FailingFor, status?.HeldFor);
    }

    /// <summary>Where it listens: one of <see cref="SockeyeServer.EndPoints"/>.</summary>
    public EndPoint EndPoint { get; }

    /// <summary>False: its listener ended by itself (event 1103), or the server is being stopped.</summary>
    public bool IsListening { get; }

    /// <summary>Clients that wait to be accepted; null where the system does not tell.</summary>
    public int? AcceptQueueDepth => Queue?.Depth;

    /// <summary>How many may wait, the backlog as the system capped it; null where the system does not tell.</summary>
    public int? AcceptQueueLimit => Queue?.Limit;

    /// <summary>For how long <c>accept()</c> has failed, mostly for lack of descriptors or memory; null: it does not.</summary>
    public TimeSpan? AcceptFailingFor { get; }

    /// <summary>For how long a limit has left clients in the accept queue, without it being empty meanwhile; null: none
    /// does.</summary>
    public TimeSpan? HeldFor { get; }

    internal AcceptQueue? Queue { get; }

    internal AcceptStatus? Status { get; }
}
