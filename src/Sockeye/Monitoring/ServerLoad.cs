namespace Sockeye;

/// <summary>A snapshot of the load of a server.</summary>
public sealed class ServerLoad
{
    internal ServerLoad(
        ConnectionCounts counts, int connections, int maxConnections, IReadOnlyList<ListenerInfo> listeners,
        IReadOnlyList<SaturationSign> signs, TimeSpan? stopTimeLeft)
    {
        (Connections, MaxConnections) = (connections, maxConnections);
        (Waiting, LongestWait) = (counts.Waiting, counts.LongestWait);
        (ReadPaused, SendBlocked) = (counts.ReadPaused, counts.SendBlocked);
        (ReadsStalled, SendsStalled) = (counts.ReadStalls.Count, counts.SendStalls.Count);
        (Listeners, Signs, StopTimeLeft) = (listeners, signs, stopTimeLeft);
    }

    /// <summary>Gets the number of open connections.</summary>
    public int Connections { get; }

    /// <summary>Gets the maximum number of open connections (<see cref="SockeyeServerOptions.MaxConnections"/>).</summary>
    public int MaxConnections { get; }

    /// <summary>Gets the number of connections whose handler has not started: they wait for a thread, or for a limit.</summary>
    public int Waiting { get; }

    /// <summary>Gets the longest of their waits; zero if there is none.</summary>
    public TimeSpan LongestWait { get; }

    /// <summary>
    /// Gets the number of connections whose handler does not read (<see cref="ServerConnectionInfo.IsReadPaused"/>).
    /// </summary>
    public int ReadPaused { get; }

    /// <summary>
    /// Gets the number of connections whose peer does not read (<see cref="ServerConnectionInfo.IsSendBlocked"/>).
    /// </summary>
    public int SendBlocked { get; }

    /// <summary>
    /// Gets the number of connections whose handler has read nothing for 5 s or longer while data of the peer waits, although it
    /// can send.
    /// </summary>
    public int ReadsStalled { get; }

    /// <summary>Gets the number of connections whose peer has read nothing for 5 s or longer while data waits for it.</summary>
    public int SendsStalled { get; }

    /// <summary>
    /// Gets whether the server is being stopped, or was stopped: it accepts no more clients, and its <see cref="Connections"/>
    /// may finish.
    /// </summary>
    public bool IsStopping => StopTimeLeft is not null;

    /// <summary>
    /// Gets the time that handlers have left before their connections are aborted
    /// (<see cref="SockeyeServerOptions.ShutdownTimeout"/>). Null while the server is not being stopped.
    /// </summary>
    public TimeSpan? StopTimeLeft { get; }

    /// <summary>Gets all listeners, in the order of <see cref="SockeyeServer.EndPoints"/>.</summary>
    public IReadOnlyList<ListenerInfo> Listeners { get; }

    /// <summary>Gets the saturation signs, in the order of <see cref="SaturationKind"/>. Empty if there are none.</summary>
    public IReadOnlyList<SaturationSign> Signs { get; }
}
