using System.Net;

namespace Sockeye;

/// <summary>One listener of a server, as it was when it was asked for.</summary>
public sealed class ListenerInfo
{
    internal ListenerInfo(ActiveListener listener)
    {
        EndPoint = listener.Listener.EndPoint;
        Middleware = [.. listener.Configuration.Options.Middleware.Select(middleware => middleware.Name)];
        (Accepted, Open) = (listener.AcceptedCount, listener.OpenCount);
        TcpInfo = listener.Listener.TcpInfo;
    }

    /// <summary>Where it listens: one of <see cref="SockeyeServer.EndPoints"/>.</summary>
    public EndPoint EndPoint { get; }

    /// <summary>What runs before the handler, in order, with its arguments.</summary>
    public IReadOnlyList<string> Middleware { get; }

    /// <summary>Connections accepted since the start, those included that a limit or rule refused afterwards.</summary>
    public long Accepted { get; }

    /// <summary>Its connections that are open.</summary>
    public long Open { get; }

    /// <summary>The accept queue's depth and limit; null where the system does not tell.</summary>
    public TcpInfo? TcpInfo { get; }
}
