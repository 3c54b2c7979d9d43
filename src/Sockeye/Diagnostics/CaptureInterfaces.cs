using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Sockeye;

/// <summary>The endpoints of a capture, each shown as a network interface, with their connections.</summary>
internal sealed class CaptureInterfaces
{
    /// <summary>
    /// The maximum number of interfaces. A client can connect to any number of endpoints; further ones share one interface.
    /// </summary>
    internal const int MaxInterfaces = 1000;

    private readonly Lock _lock = new();
    private readonly Dictionary<(string, bool), CaptureInterface> _interfaces = [];

    public static string GetName(ConnectionContext connection, bool isServer) =>
        $"{(isServer ? connection.LocalEndPoint : connection.RemoteEndPoint)}" is { Length: > 0 } name ? name : "unknown";

    public CapturedConnection AddConnection(ConnectionContext connection, string endpoint, bool isServer, long number)
    {
        var addresses = CaptureAddresses.Create(connection.LocalEndPoint, connection.RemoteEndPoint, isServer, number);
        var tls = connection.Features.Get<ITlsHandshakeFeature>();
        var comment = $"{connection.ConnectionId}: {(isServer ? "accepted from" : "connected to")} {connection.RemoteEndPoint}";
        if (tls is not null)
            comment += $"; TLS was removed ({tls.Protocol}{(tls.NegotiatedCipherSuite is { } suite ? $", {suite}" : "")})";
        if (addresses.SubstituteNote is not null)
            comment += $"; {addresses.SubstituteNote}";
        return new(GetInterface(endpoint, isServer, tls is not null), addresses, comment);
    }

    private CaptureInterface GetInterface(string endpoint, bool isServer, bool hasTls)
    {
        lock (_lock)
        {
            if (_interfaces.TryGetValue((endpoint, hasTls), out var known))
                return known;
            var name = _interfaces.Count < MaxInterfaces ? endpoint : "other endpoints";
            if (_interfaces.TryGetValue((name, hasTls), out known))
                return known;
            var description = isServer ? "Accepted connections" : "Connections of clients";
            return _interfaces[(name, hasTls)] = new(name, hasTls ? $"{description}; TLS was removed" : description);
        }
    }
}
