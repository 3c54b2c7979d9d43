using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Sockeye;

/// <summary>The endpoints of a capture, each shown as a network interface, and how a connection is described in it.</summary>
internal sealed class CaptureInterfaces
{
    /// <summary>A client can dial any number of endpoints; those after these share one.</summary>
    internal const int MaxInterfaces = 1000;

    private readonly Lock _lock = new();
    private readonly Dictionary<(string, bool), CaptureInterface> _interfaces = [];

    public static string GetName(ConnectionContext connection, bool isServer) =>
        $"{(isServer ? connection.LocalEndPoint : connection.RemoteEndPoint)}" is { Length: > 0 } name ? name : "unknown";

    public CapturedConnection AddConnection(ConnectionContext connection, string place, bool isServer, long number)
    {
        var addresses = CaptureAddresses.Create(connection.LocalEndPoint, connection.RemoteEndPoint, isServer, number);
        var tls = connection.Features.Get<ITlsHandshakeFeature>();
        var comment = $"{connection.ConnectionId}: {(isServer ? "accepted from" : "dialled to")} {connection.RemoteEndPoint}";
        if (tls is not null)
            comment += $"; TLS was removed ({tls.Protocol}{(tls.NegotiatedCipherSuite is { } suite ? $", {suite}" : "")})";
        if (addresses.SubstituteNote is not null)
            comment += $"; {addresses.SubstituteNote}";
        return new(GetInterface(place, isServer, tls is not null), addresses, comment);
    }

    private CaptureInterface GetInterface(string place, bool isServer, bool hasTls)
    {
        lock (_lock)
        {
            if (_interfaces.TryGetValue((place, hasTls), out var known))
                return known;
            var name = _interfaces.Count < MaxInterfaces ? place : "other endpoints";
            if (_interfaces.TryGetValue((name, hasTls), out known))
                return known;
            var description = isServer ? "Connections that were accepted" : "Connections that were dialled";
            return _interfaces[(name, hasTls)] = new(name, hasTls ? $"{description}; TLS was removed" : description);
        }
    }
}
