using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Sockeye.Kestrel;

/// <summary>Adapts a transport of Sockeye to Kestrel's expectations.</summary>
/// <remarks>
/// Unlike other servers, Kestrel relies on these rules. <c>ConnectionClosed</c> fires when receiving ends. A failed accept would
/// end Kestrel's accept loop, so accepts never fail. An <see cref="IOException"/> from a bind ends the start; on any other error,
/// Kestrel continues without IPv6 on a system that has none.
/// </remarks>
internal sealed partial class KestrelTransport
    : IConnectionListenerFactory, IConnectionListenerFactorySelector, IAsyncDisposable, IDisposable
{
    private readonly Lazy<IConnectionListenerFactory> _transport;
    private readonly Lazy<ResilientTransport> _resilient;

    // Copies of the options, because the host's code may change them later.
    private readonly IConnectionListenerFactory? _givenTransport;
    private readonly SocketTransportOptions? _ownSockets;

    public KestrelTransport(IOptions<SockeyeTransportOptions> options, ILoggerFactory? loggerFactory = null)
    {
        (_givenTransport, _ownSockets) = (options.Value.Transport, options.Value.OwnSockets?.Copy());
        _logger = new((loggerFactory ?? NullLoggerFactory.Instance).CreateLogger("Sockeye.Kestrel"));
        _transport = new(Choose);
        _resilient = new(() => new(_transport.Value, _logger));
    }

    /// <summary>
    /// Returns whether Kestrel binds the endpoint here, rather than on the transport that was registered before.
    /// </summary>
    public bool CanBind(EndPoint endpoint) =>
        // A transport set by the user may support other endpoint types.
        _givenTransport is IConnectionListenerFactorySelector selector
            ? selector.CanBind(endpoint)
            : endpoint is not NamedPipeEndPoint;

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var listener = await BindAsKestrelExpectsAsync(endpoint, cancellationToken).ConfigureAwait(false);
        LogBound(listener.EndPoint, _transport.Value.GetType().Name);
        return new KestrelListener(listener);
    }

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    /// <summary>Disposes a transport that was created here. Further calls do nothing.</summary>
    public ValueTask DisposeAsync() =>
        _ownSockets is not null && _transport.IsValueCreated && _transport.Value is IAsyncDisposable own
            ? own.DisposeAsync()
            : default;

    private async ValueTask<IConnectionListener> BindAsKestrelExpectsAsync(EndPoint endpoint, CancellationToken cancellationToken)
    {
        try
        {
            return await _resilient.Value.BindAsync(endpoint, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e) when (e.InnerException is SocketException inner)
        {
            throw new SocketException((int)inner.SocketErrorCode, e.Message);
        }
    }

    private IConnectionListenerFactory Choose()
    {
        if (_givenTransport is not null && _ownSockets is not null)
            throw new InvalidOperationException(
                "SockeyeTransportOptions.Sockets are the options of the default transport, but Transport is set: " +
                "pass them to that transport, or do not set Transport.");
        var transport = _givenTransport
            ?? (_ownSockets is { } sockets ? DefaultTransport.Create(sockets) : DefaultTransport.Shared);
        (transport as ILoggingTransport)?.UseLogger(_logger);
        return transport;
    }
}
