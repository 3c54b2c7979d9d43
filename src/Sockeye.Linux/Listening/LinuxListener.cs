using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Linux;

/// <summary>A TCP endpoint whose connections are served by engine threads.</summary>
/// <remarks>
/// Whoever asks for a client takes it from the kernel's queue; only who finds none waits, for the engine thread to say that one
/// has come. So nothing is accepted that nobody asked for: the backlog stays the kernel's, with its length and its depth.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "Unbinding, which every listener's end is, disposes of what it owns.")]
internal sealed class LinuxListener : IConnectionListener, IAcceptQueue
{
    private readonly AcceptSource[] _sources;
    private readonly EngineGroup _engine;
    private readonly AcceptSignal _ready = new();
    private readonly DescriptorReserve _reserve = DescriptorReserve.Shared;
    private readonly Lock _unbindLock = new();
    private volatile bool _isUnbound;
    private Task? _unbinding;
    private int _next;

    public LinuxListener(EndPoint endpoint, EngineGroup engine)
    {
        _engine = engine;
        _sources = AcceptSource.Bind(endpoint, engine, thread => _ready.Set(thread));
        EndPoint = _sources[0].EndPoint;
        _reserve.Join();
    }

    public EndPoint EndPoint { get; }

    /// <summary>Ends when the engine watches for clients, with the error where the system refuses.</summary>
    public Task Started => Task.WhenAll(_sources.Select(source => source.Started));

    public TcpInfo? GetTcpInfo() => TcpInfo.Read(_sources[0].Socket);

    /// <summary>Of several sockets the fullest one's: its clients fail first.</summary>
    public AcceptQueue? GetQueue() => _sources
        .Select(source => AcceptQueue.FromTcpInfo(TcpInfo.Read(source.Socket)))
        .MaxBy(queue => queue?.FillRatio);

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (!_isUnbound)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TryAccept() is { } connection)
                return connection;
            await _ready.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        _ready.Set(); // Whoever asks next must not wait either.
        return null;
    }

    public int Shed(int most) => _sources.Sum(source => source.Shed(most));

    /// <summary>Afterwards nothing is held, also where the observer of steps throws, which the first caller is told.</summary>
    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        lock (_unbindLock)
            return new(_unbinding is { } first ? WaitForEndAsync(first) : _unbinding = CloseAsync());
    }

    public ValueTask DisposeAsync() => UnbindAsync();

    private async Task CloseAsync()
    {
        _isUnbound = true; // Before anybody is woken by what follows.
        try
        {
            await AcceptSource.CloseAsync(_sources).ConfigureAwait(false);
        }
        finally
        {
            _reserve.Leave();
            _engine.Remove(this);
            _ready.Set();
        }
    }

    private static async Task WaitForEndAsync(Task unbinding) => await unbinding.WithoutThrowing(keepsContext: false);

    /// <summary>Null where nobody waits, or the listener is being closed.</summary>
    /// <exception cref="SocketException">The system refuses, or the client has left.</exception>
    private EngineConnection? TryAccept()
    {
        _reserve.ThrowIfExhausted();
        for (var i = 0; i < _sources.Length; i++)
        {
            // Several sockets take turns, so that none of their queues is left to itself.
            var source = _sources[_next];
            _next = (_next + 1) % _sources.Length;
            var error = source.TryAccept(out var accepted);
            if (error is Errno.None)
            {
                _reserve.OnOpened(accepted.Descriptor);
                if (_engine.TryReserve(source.Thread) is { } thread)
                    return EngineGroup.Open(accepted, thread, SocketFunction.Accept);
                _ = Libc.Close(accepted.Descriptor); // The transport ends, and with it this listener.
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
