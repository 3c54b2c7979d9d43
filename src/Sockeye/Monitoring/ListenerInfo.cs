using System.Net;

namespace Sockeye;

/// <summary>A snapshot of one listener of a server.</summary>
public sealed class ListenerInfo
{
    internal ListenerInfo(IMonitoredListener listener, bool isStopping)
    {
        (EndPoint, Middleware) = (listener.EndPoint, listener.MiddlewareNames);
        (Accepted, Open) = (listener.AcceptedCount, listener.OpenCount);
        Status = listener.Status;
        IsListening = !isStopping && !Status.HasEnded;
        if (!IsListening)
            return;
        Queue = listener.Queue;
        (AcceptFailingFor, HeldFor) = (Status.FailingFor, Status.HeldFor);
    }

    /// <summary>Gets the bound address: one of <see cref="SockeyeServer.EndPoints"/>.</summary>
    public EndPoint EndPoint { get; }

    /// <summary>Gets the middleware before the handler, in order, with arguments.</summary>
    public IReadOnlyList<string> Middleware { get; }

    /// <summary>Gets the number of connections accepted since the start, including those that a limit or rule refused.</summary>
    public long Accepted { get; }

    /// <summary>Gets the number of open connections.</summary>
    public long Open { get; }

    /// <summary>
    /// Gets whether the listener accepts clients. False if it ended by itself (event 1103), and while the server is being
    /// stopped.
    /// </summary>
    public bool IsListening { get; }

    /// <summary>Gets the number of clients that wait to be accepted. Null if the system does not report it.</summary>
    public int? AcceptQueueDepth => Queue?.Depth;

    /// <summary>
    /// Gets the maximum length of the accept queue: the backlog, as capped by the system. Null if the system does not report it.
    /// </summary>
    public int? AcceptQueueLimit => Queue?.Limit;

    /// <summary>
    /// Gets the time for which <c>accept()</c> has failed, usually for lack of descriptors or memory. Null if it does not fail.
    /// </summary>
    public TimeSpan? AcceptFailingFor { get; }

    /// <summary>
    /// Gets the time for which a limit has kept clients in the accept queue without the queue being empty. Null if no limit does.
    /// </summary>
    public TimeSpan? HeldFor { get; }

    internal AcceptQueueInfo? Queue { get; }

    internal AcceptStatus Status { get; }
}
