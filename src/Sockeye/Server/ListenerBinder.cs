using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>Binds all endpoints, or none.</summary>
/// <param name="transport">The transport that binds.</param>
/// <param name="logger">Gets the exceptions of listeners that are discarded.</param>
internal sealed class ListenerBinder(IConnectionListenerFactory transport, ILogger logger)
{
    // The maximum number of attempts to find a port that is free on both 127.0.0.1 and ::1.
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
        logger.GuardAsync("discarding a listener of", transport.GetType().Name, listener.DisposeAsync);

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
            return null; // The system supports IPv6 but has no ::1, as in containers, where localhost is IPv4.
        }
    }
}
