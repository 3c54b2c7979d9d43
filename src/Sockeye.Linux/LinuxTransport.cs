using System.IO.Pipelines;
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
public sealed class LinuxTransport : IConnectionListenerFactory, ILocalEndPointConnectionFactory, ISchedulingTransport, IAsyncDisposable
{
    private readonly SocketTransport _portable;
    private readonly Lazy<EngineGroup>? _engine;

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
            _engine = new(() => EngineChoice.Start(new(Engine, sockets), threads, reusesPort));
        }
    }

    /// <summary>The transport with all options at their defaults, shared by everything in the process.</summary>
    public static LinuxTransport Shared { get; } = new();

    /// <summary>The engine in use, never <see cref="LinuxEngine.Auto"/>.</summary>
    public LinuxEngine Engine { get; }

    /// <summary>Why this engine and not another, as a sentence without a full stop.</summary>
    public string EngineReason { get; }

    /// <summary>Blocks of 4 KiB that connections hold now.</summary>
    internal long LentCount => _engine is { IsValueCreated: true } engine ? engine.Value.LentCount : 0;

    PipeScheduler ISchedulingTransport.Scheduler => _engine is null ? PipeScheduler.ThreadPool : HandlerScheduler.Instance;

    /// <inheritdoc cref="SocketTransport.BindAsync"/>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        if (_engine is null || endpoint is not IPEndPoint)
            return _portable.BindAsync(endpoint, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        return new(_engine.Value.Listen(endpoint));
    }

    /// <inheritdoc cref="SocketTransport.ConnectAsync(EndPoint, CancellationToken)"/>
    public ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        ConnectAsync(endpoint, null, cancellationToken);

    ValueTask<ConnectionContext> ILocalEndPointConnectionFactory.ConnectAsync(
        EndPoint remote, EndPoint local, CancellationToken cancellationToken) =>
        ConnectAsync(remote, local, cancellationToken);

    /// <summary>Stops listening and ends the engine threads; connections that are still open are aborted.</summary>
    public ValueTask DisposeAsync() => _engine is { IsValueCreated: true } engine ? new(engine.Value.StopAsync()) : default;

    private async ValueTask<ConnectionContext> ConnectAsync(EndPoint remote, EndPoint? local, CancellationToken cancellationToken)
    {
        if (_engine is null || remote is not IPEndPoint)
            return await _portable.ConnectAsync(remote, local, cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return await Dialler.ConnectAsync(_engine.Value, remote, local, cancellationToken).ConfigureAwait(false);
    }
}
