using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Linux;

/// <summary>An endpoint of TCP, or a Unix socket, whose connections are served by engine threads.</summary>
/// <remarks>
/// A caller takes a client from the kernel's queue, and waits for the engine thread only if the queue is empty. So clients are
/// accepted only on demand: the kernel has the only queue, with its limit and its depth.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "Unbinding, with which every listener ends, disposes its fields.")]
internal sealed class LinuxListener : IConnectionListener, IAcceptQueueListener, ISharedListener
{
    private readonly AcceptSource[] _sources;
    private readonly EngineGroup _engine;
    private readonly AcceptSignal _ready = new();
    private readonly DescriptorReserve _reserve = DescriptorReserve.Shared;
    private readonly Lock _unbindLock = new();
    private volatile bool _isUnbound;
    private Task? _unbinding;
    private int _next;

    private LinuxListener(EndPoint endpoint, EngineGroup engine)
    {
        _engine = engine;
        _sources = AcceptSource.Bind(endpoint, engine, thread => _ready.Set(thread));
        EndPoint = _sources[0].EndPoint;
        _reserve.Join();
    }

    public EndPoint EndPoint { get; }

    /// <summary>A task that completes when the engine waits for clients, or fails if the system refuses.</summary>
    private Task Started => Task.WhenAll(_sources.Select(source => source.Started));

    public TcpInfo? GetTcpInfo() => TcpInfo.Read(_sources[0].Socket);

    /// <summary>Returns the fullest queue of the sockets, whose clients fail first.</summary>
    public AcceptQueueInfo? GetQueue() => _sources
        .Select(source => AcceptQueueInfo.FromTcpInfo(TcpInfo.Read(source.Socket)))
        .MaxBy(queue => queue?.FillRatio);

    public static async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, EngineGroup engine)
    {
        var listener = engine.AddListener(() => new LinuxListener(endpoint, engine));
        try
        {
            await listener.Started.ConfigureAwait(false);
            return listener;
        }
        catch
        {
            // An error of closing is ignored in favor of the refusal.
            if (endpoint is InheritedEndPoint)
                await listener.ReleaseAsync().AsTask().WithoutThrowing(keepsContext: false); // The caller has the socket.
            await listener.DisposeAsync().AsTask().WithoutThrowing(keepsContext: false);
            throw;
        }
    }

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (!_isUnbound)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TryAccept() is { } connection)
                return connection;
            await _ready.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        _ready.Set(); // The next caller must not wait either.
        return null;
    }

    public int Shed(int maxCount)
    {
        var shed = 0;
        foreach (var source in _sources)
            shed += source.Shed(maxCount - shed);
        return shed;
    }

    public IReadOnlyList<ListeningDescriptor> GetDescriptors() => AcceptSource.CreateDescriptors(_sources);

    public ValueTask ReleaseAsync(CancellationToken cancellationToken = default)
    {
        foreach (var source in _sources)
            source.LeaveFile();
        return UnbindAsync(CancellationToken.None);
    }

    /// <summary>Releases everything, even if the observer of steps throws. The first caller gets that exception.</summary>
    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        lock (_unbindLock)
            return new(_unbinding is { } first ? WaitForEndAsync(first) : _unbinding = CloseAsync());
    }

    public ValueTask DisposeAsync() => UnbindAsync();

    private async Task CloseAsync()
    {
        _isUnbound = true; // Set before the steps that wake an accept.
        try
        {
            await AcceptSource.CloseAsync(_sources).ConfigureAwait(false);
        }
        finally
        {
            _reserve.Leave();
            _engine.RemoveListener(this);
            _ready.Set();
        }
    }

    private static async Task WaitForEndAsync(Task unbinding) => await unbinding.WithoutThrowing(keepsContext: false);

    /// <summary>Accepts the next client. Returns null if none waits, or if the listener is being closed.</summary>
    /// <exception cref="SocketException">The system refuses, or the client has closed the connection.</exception>
    private ConnectionContext? TryAccept()
    {
        _reserve.ThrowIfExhausted();
        for (var i = 0; i < _sources.Length; i++)
        {
            // The sockets take turns, so that each of their queues is emptied.
            var source = _sources[_next];
            _next = (_next + 1) % _sources.Length;
            var error = source.TryAccept(out var accepted);
            if (error is Errno.None)
            {
                _reserve.OnOpened(accepted.Descriptor);
                if (_engine.TryReserve(source.Thread) is { } thread)
                    return thread.StartConnection(accepted, SocketFunction.Accept);
                _ = Libc.Close(accepted.Descriptor); // The transport is stopping, and so is this listener.
                return null;
            }

            if (error is Errno.TooManyOpenFiles or Errno.TooManyOpenFilesInSystem)
                _reserve.Release();
            if (error is not Errno.Again)
                throw error.ToException();
        }

        return null;
    }
}
