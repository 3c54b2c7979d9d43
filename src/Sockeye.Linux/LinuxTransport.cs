using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Linux;

/// <summary>The fast transport: engine threads on io_uring or epoll, each with connections of its own.</summary>
public sealed class LinuxTransport : IConnectionListenerFactory, ILocalEndPointConnectionFactory, IAsyncDisposable
{
    private readonly SocketTransport _portable;

    /// <summary>A transport with the given options, or the defaults. Later changes of the options have no effect.</summary>
    /// <exception cref="PlatformNotSupportedException">The engine asked for can't run here; the message says why.</exception>
    public LinuxTransport(LinuxTransportOptions? options = null)
    {
        _portable = new((options ?? new()).Sockets);
    }

    /// <summary>The transport with all options at their defaults, shared by everything in the process.</summary>
    public static LinuxTransport Shared { get; } = new();

    /// <summary>The engine in use, never <see cref="LinuxEngine.Auto"/>.</summary>
    public LinuxEngine Engine { get; } = LinuxEngine.Sockets;

    /// <summary>Why this engine and not a faster one, as a sentence.</summary>
    public string EngineReason { get; } = "";

    /// <inheritdoc cref="SocketTransport.BindAsync"/>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        _portable.BindAsync(endpoint, cancellationToken);

    /// <inheritdoc cref="SocketTransport.ConnectAsync"/>
    public ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        _portable.ConnectAsync(endpoint, cancellationToken);

    ValueTask<ConnectionContext> ILocalEndPointConnectionFactory.ConnectAsync(
        EndPoint remote, EndPoint local, CancellationToken cancellationToken) =>
        ((ILocalEndPointConnectionFactory)_portable).ConnectAsync(remote, local, cancellationToken);

    /// <summary>Ends all engine threads; connections that are still open are aborted.</summary>
    public ValueTask DisposeAsync() => default;
}
