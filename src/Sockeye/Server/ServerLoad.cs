namespace Sockeye;

/// <summary>How near a server is to not serving, as it was when it was asked for.</summary>
public sealed class ServerLoad
{
    internal ServerLoad(
        ConnectionCounts counts, int connections, int maxConnections, IReadOnlyList<ListenerLoad> listeners,
        IReadOnlyList<SaturationSign> signs)
    {
        (Connections, MaxConnections) = (connections, maxConnections);
        (Waiting, LongestWait) = (counts.Waiting, counts.LongestWait);
        (ReadPaused, SendBlocked) = (counts.ReadPaused, counts.SendBlocked);
        (Listeners, Signs) = (listeners, signs);
    }

    /// <summary>Connections that are open.</summary>
    public int Connections { get; }

    /// <summary><see cref="SockeyeServerOptions.MaxConnections"/>.</summary>
    public int MaxConnections { get; }

    /// <summary>Connections whose handler has not begun: no thread has come to them yet, or a limit holds them.</summary>
    public int Waiting { get; }

    /// <summary>How long the first of those waits; zero where there is none.</summary>
    public TimeSpan LongestWait { get; }

    /// <summary>Connections whose handler does not read: <see cref="ConnectionInfo.IsReadPaused"/>.</summary>
    public int ReadPaused { get; }

    /// <summary>Connections whose peer does not take: <see cref="ConnectionInfo.IsSendBlocked"/>.</summary>
    public int SendBlocked { get; }

    /// <summary>All listeners, in the order of <see cref="SockeyeServer.EndPoints"/>.</summary>
    public IReadOnlyList<ListenerLoad> Listeners { get; }

    /// <summary>What there is to worry about, in the order of <see cref="SaturationKind"/>. Empty: all is well.</summary>
    public IReadOnlyList<SaturationSign> Signs { get; }
}
