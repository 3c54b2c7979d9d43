using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Binds all end points, or none.</summary>
internal static class Binder
{
    // How often a free port of 127.0.0.1 may turn out to be taken on ::1 before it is an error.
    private const int LocalhostAttempts = 16;

    public static async Task<List<(ListenOptions Options, IConnectionListener Listener)>> BindAllAsync(
        IEnumerable<ListenOptions> listens, IConnectionListenerFactory transport, CancellationToken cancellationToken)
    {
        List<(ListenOptions Options, IConnectionListener Listener)> bound = [];
        try
        {
            foreach (var listen in listens)
            {
                foreach (var listener in await BindAsync(listen, transport, cancellationToken))
                    bound.Add((listen, listener));
            }

            return bound;
        }
        catch
        {
            foreach (var (_, listener) in bound)
                await listener.DisposeAsync();
            throw;
        }
    }

    private static async Task<IConnectionListener[]> BindAsync(
        ListenOptions listen, IConnectionListenerFactory transport, CancellationToken cancellationToken)
    {
        if (!listen.IsLocalhost)
            return [await transport.BindAsync(listen.EndPoint, cancellationToken)];

        for (var attempt = 1; ; attempt++)
        {
            var v4 = await transport.BindAsync(listen.EndPoint, cancellationToken);
            try
            {
                var v6 = await BindIPv6Async(transport, ((IPEndPoint)v4.EndPoint).Port, cancellationToken);
                return v6 is null ? [v4] : [v4, v6];
            }
            catch (Exception e)
            {
                await v4.DisposeAsync();
                var isFreePort = ((IPEndPoint)listen.EndPoint).Port == 0;
                if (e is not AddressInUseException || !isFreePort || attempt == LocalhostAttempts)
                    throw;
            }
        }
    }

    private static async Task<IConnectionListener?> BindIPv6Async(
        IConnectionListenerFactory transport, int port, CancellationToken cancellationToken)
    {
        if (!Socket.OSSupportsIPv6)
            return null;
        try
        {
            return await transport.BindAsync(new IPEndPoint(IPAddress.IPv6Loopback, port), cancellationToken)
                ;
        }
        catch (IOException e) when (e.InnerException is SocketException
            { SocketErrorCode: SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported })
        {
            return null; // The system knows IPv6 but has no ::1, as in containers: localhost is IPv4 there.
        }
    }
}
