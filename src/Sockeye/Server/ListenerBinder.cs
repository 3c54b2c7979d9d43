using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>Binds all endpoints, or none.</summary>
/// <param name="transport">The transport that binds.</param>
/// <param name="logger">Gets the exceptions of listeners that are discarded.</param>
/// <param name="inherited">The sockets that exist already, of which endpoints take theirs. Null: none.</param>
internal sealed class ListenerBinder(
    IConnectionListenerFactory transport, ILogger logger, InheritedListeners? inherited = null)
{
    // The maximum number of attempts to find a port that is free on both 127.0.0.1 and ::1.
    private const int LocalhostAttempts = 16;

    /// <summary>The listeners on sockets that others may listen on.</summary>
    private readonly HashSet<IConnectionListener> _shared = [];

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

    private Task DiscardAsync(IConnectionListener listener) => logger.GuardAsync(
        "discarding a listener of", transport.GetType().Name,
        () => _shared.Contains(listener) && listener is ISharedListener shared
            ? shared.ReleaseAsync(CancellationToken.None)
            : listener.DisposeAsync());

    private async Task<IConnectionListener[]> BindAsync(ListenOptions listen, CancellationToken cancellationToken)
    {
        if (!listen.IsLocalhost)
            return [await BindAsync(listen, listen.EndPoint, cancellationToken)];

        for (var attempt = 1; ; attempt++)
        {
            var v4 = await BindAsync(listen, listen.EndPoint, cancellationToken);
            try
            {
                var v6 = await BindIPv6Async(listen, ((IPEndPoint)v4.EndPoint).Port, cancellationToken);
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

    /// <summary>Binds an endpoint, or listens on its sockets that exist already.</summary>
    private async Task<IConnectionListener> BindAsync(
        ListenOptions listen, EndPoint endpoint, CancellationToken cancellationToken)
    {
        if (inherited?.Take(listen, endpoint) is not { } existing)
            return await transport.BindAsync(endpoint, cancellationToken);
        try
        {
            var listener = await transport.BindAsync(new InheritedEndPoint(existing.Descriptors), cancellationToken);
            _shared.Add(listener);
            existing.OnAttached?.Invoke(logger);
            return listener;
        }
        catch
        {
            inherited.Return(existing);
            throw;
        }
    }

    private async Task<IConnectionListener?> BindIPv6Async(ListenOptions listen, int port, CancellationToken cancellationToken)
    {
        if (!Socket.OSSupportsIPv6)
            return null;
        try
        {
            return await BindAsync(listen, new IPEndPoint(IPAddress.IPv6Loopback, port), cancellationToken);
        }
        catch (IOException e) when (e.InnerException is SocketException
            { SocketErrorCode: SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported })
        {
            return null; // The system supports IPv6 but has no ::1, as in containers, where localhost is IPv4.
        }
    }
}
