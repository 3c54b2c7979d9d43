using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>Binds all endpoints, or none.</summary>
/// <param name="transport">What binds.</param>
/// <param name="logger">Where it is said that one which is given up threw.</param>
internal sealed class ListenerBinder(IConnectionListenerFactory transport, ILogger logger)
{
    // How often a free port of 127.0.0.1 may turn out to be taken on ::1 before it is an error.
    private const int LocalhostAttempts = 16;

    /// <summary>Returns the bound listeners in the order of the options; localhost has two.</summary>
    public async Task<IReadOnlyList<(ListenOptions Options, IConnectionListener Listener)>> BindAllAsync(
        IEnumerable<ListenOptions> endpoints, CancellationToken cancellationToken)
    {
        List<(ListenOptions Options, IConnectionListener Listener)> bound = [];
        try
        {
            foreach (var listen in endpoints)
                bound.AddRange((await BindAsync(listen, cancellationToken)).Select(listener => (listen, listener)));
            return bound;
        }
        catch
        {
            foreach (var (_, listener) in bound)
                await DiscardAsync(listener);
            throw;
        }
    }

    private Task DiscardAsync(IConnectionListener listener) =>
        logger.GuardAsync("giving up a listener of", transport.GetType().Name, listener.DisposeAsync);

    private async Task<IConnectionListener[]> BindAsync(ListenOptions listen, CancellationToken cancellationToken)
    {
        if (!listen.IsLocalhost)
            return [await transport.BindAsync(listen.EndPoint, cancellationToken)];

        for (var attempt = 1; ; attempt++)
        {
            var v4 = await transport.BindAsync(listen.EndPoint, cancellationToken);
            try
            {
                var v6 = await BindIPv6Async(((IPEndPoint)v4.EndPoint).Port, cancellationToken);
                return v6 is null ? [v4] : [v4, v6];
            }
            catch (Exception e)
            {
                await DiscardAsync(v4);
                var isFreePort = ((IPEndPoint)listen.EndPoint).Port == 0;
                if (e is not AddressInUseException || !isFreePort || attempt == LocalhostAttempts)
                    throw;
            }
        }
    }

    private async Task<IConnectionListener?> BindIPv6Async(int port, CancellationToken cancellationToken)
    {
        if (!Socket.OSSupportsIPv6)
            return null;
        try
        {
            return await transport.BindAsync(new IPEndPoint(IPAddress.IPv6Loopback, port), cancellationToken);
        }
        catch (IOException e) when (e.InnerException is SocketException
            { SocketErrorCode: SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported })
        {
            return null; // The system knows IPv6 but has no ::1, as in containers: localhost is IPv4 there.
        }
    }
}
