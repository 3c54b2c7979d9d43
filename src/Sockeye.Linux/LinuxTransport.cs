using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Linux;

/// <summary>
/// The fast transport: engine threads on io_uring or epoll, each with connections of its own. Where neither can run it is the
/// portable transport, and says so.
/// </summary>
/// <remarks>
/// Safe from many callers. Its threads start with the first end point that is bound or dialled. Unix sockets are always served by
/// the portable transport.
/// </remarks>
public sealed class LinuxTransport : IConnectionListenerFactory, ILocalEndPointConnectionFactory, IAsyncDisposable
{
    private readonly SocketTransport _portable;
    private readonly Func<EngineGroup>? _start;
    private readonly Lock _lock = new();
    private EngineGroup? _engine;
    private bool _isDisposed;

    /// <summary>A transport with the given options, or the defaults. Later changes of the options have no effect.</summary>
    /// <exception cref="PlatformNotSupportedException">The engine asked for can't run here; the message says why.</exception>
    public LinuxTransport(LinuxTransportOptions? options = null)
    {
        options ??= new();
        var sockets = options.Sockets.Copy();
        _portable = new(sockets);
        (Engine, EngineReason) = EngineChoice.Make(options.Engine);
        if (Engine is not LinuxEngine.Sockets)
        {
            var (threads, reusesPort) = (options.ThreadCount, options.AcceptMode is LinuxAcceptMode.ReusePort);
            _start = () => EngineChoice.Start(new(Engine, sockets), threads, reusesPort);
        }
    }

    /// <summary>The transport with all options at their defaults, shared by everything in the process.</summary>
    public static LinuxTransport Shared { get; } = new();

    /// <summary>The engine in use, never <see cref="LinuxEngine.Auto"/>.</summary>
    public LinuxEngine Engine { get; }

    /// <summary>Why this engine and not another, as a sentence without a full stop.</summary>
    public string EngineReason { get; }

    /// <summary>Blocks of 4 KiB that connections hold now.</summary>
    internal long LentCount => Volatile.Read(ref _engine)?.LentCount ?? 0;

    /// <inheritdoc cref="SocketTransport.BindAsync"/>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        if (EngineFor(endpoint) is not { } engine)
            return _portable.BindAsync(endpoint, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        return new(engine.Listen(endpoint));
    }

    /// <inheritdoc cref="SocketTransport.ConnectAsync(EndPoint, CancellationToken)"/>
    public ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        ConnectAsync(endpoint, null, cancellationToken);

    ValueTask<ConnectionContext> ILocalEndPointConnectionFactory.ConnectAsync(
        EndPoint remote, EndPoint local, CancellationToken cancellationToken) =>
        ConnectAsync(remote, local, cancellationToken);

    /// <summary>Stops listening and ends the engine threads; connections that are still open are aborted.</summary>
    public ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _isDisposed = true;
            return _engine is null ? default : new(_engine.StopAsync());
        }
    }

    /// <summary>Null where the portable transport is to do it.</summary>
    private EngineGroup? EngineFor(EndPoint endPoint)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return endPoint is IPEndPoint ? _engine ??= _start?.Invoke() : null;
        }
    }

    private async ValueTask<ConnectionContext> ConnectAsync(EndPoint remote, EndPoint? local, CancellationToken cancellationToken)
    {
        if (EngineFor(remote) is not { } engine)
            return await _portable.ConnectAsync(remote, local, cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return await Dialler.ConnectAsync(engine, remote, local, cancellationToken).ConfigureAwait(false);
    }
}
