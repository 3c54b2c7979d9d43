namespace Sockeye;

/// <summary>How near a server is to not serving, as it was when it was asked for.</summary>
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

    /// <summary>Connections that are open.</summary>
    public int Connections { get; }

    /// <summary><see cref="SockeyeServerOptions.MaxConnections"/>.</summary>
    public int MaxConnections { get; }

    /// <summary>Connections whose handler has not begun: no thread has come to them yet, or a limit holds them.</summary>
    public int Waiting { get; }

    /// <summary>How long the first of those waits; zero where there is none.</summary>
    public TimeSpan LongestWait { get; }

    /// <summary>Connections whose handler does not read: <see cref="ServerConnectionInfo.IsReadPaused"/>.</summary>
    public int ReadPaused { get; }

    /// <summary>Connections whose peer does not take: <see cref="ServerConnectionInfo.IsSendBlocked"/>.</summary>
    public int SendBlocked { get; }

    /// <summary>Connections whose handler has read nothing for 5 s or longer while data of the peer waits, although it can
    /// send.</summary>
    public int ReadsStalled { get; }

    /// <summary>Connections whose peer has read nothing for 5 s or longer while data waits for it.</summary>
    public int SendsStalled { get; }

    /// <summary>Whether the server is being stopped, or was stopped: no more clients are accepted, and those that are
    /// <see cref="Connections"/> are left to finish.</summary>
    public bool IsStopping => StopTimeLeft is not null;

    /// <summary>How long handlers may still take until their connections are aborted
    /// (<see cref="SockeyeServerOptions.ShutdownTimeout"/>); null while the server is not being stopped.</summary>
    public TimeSpan? StopTimeLeft { get; }

    /// <summary>All listeners, in the order of <see cref="SockeyeServer.EndPoints"/>.</summary>
    public IReadOnlyList<ListenerInfo> Listeners { get; }

    /// <summary>What there is to worry about, in the order of <see cref="SaturationKind"/>. Empty: all is well.</summary>
    public IReadOnlyList<SaturationSign> Signs { get; }
}
