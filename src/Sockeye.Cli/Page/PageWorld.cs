using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Sockeye.Linux;

namespace Sockeye.Cli;

/// <summary>The sockets of the page: a listening one, those of its clients, and what was seen of them.</summary>
/// <remarks>The server is on an engine thread, if the system has one, and the clients on the portable transport, so that the
/// server's CPU time can be measured.</remarks>
internal sealed class PageWorld : IAsyncDisposable
{
    /// <summary>The size of the accept queue, which is small so that a few clients fill it.</summary>
    public const int Backlog = 3;

    /// <summary>The maximum number of connections of the page that are open or are being opened.</summary>
    public const int MaxOpen = 24;

    /// <summary>The maximum number of open connections, with those of other programs.</summary>
    public const int MaxAllOpen = 2 * MaxOpen;

    /// <summary>The maximum number of sockets of the port, with those in TIME-WAIT.</summary>
    public const int MaxSockets = 200;

    private const int MaxBinds = 20;
    private const int MaxEvents = 2000;

    // The kernel sends a lost SYN again after 1 s, and then less and less often, for about this time.
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromMinutes(2);

    private readonly ConcurrentDictionary<int, PagePair> _pairs = new();
    private readonly ConcurrentDictionary<(string Side, int Port), long> _handles = new();
    private readonly NumberedLog<Segment> _segments = new(MaxEvents);
    private readonly NumberedLog<PageCall> _calls = new(MaxEvents);
    private readonly CancellationTokenSource _end = new();
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly ProvedSegments _proved;
    private readonly LinuxTransport _transport;
    private readonly SockeyeClient _client;
    private PacketCapture? _capture;
    private IConnectionListener _listener = null!;
    private int _open;
    private int _clients;

    private PageWorld(TimeProvider time)
    {
        _time = time;
        _start = time.GetTimestamp();
        _proved = new(() => Now, AddSegment);
        _transport = LinuxTransport.Create(
            new() { Backlog = Backlog, OnStep = step => OnStep(PageSide.Server, step) }, threadCount: 1);
        _client = new(options =>
        {
            options.ConnectTimeout = ConnectTimeout;
            options.Transport = new SocketTransport(new() { OnStep = step => OnStep(PageSide.Client, step) });
        });
    }

    public PageAccepting Accepting { get; private set; } = null!;

    public IKernelSockets Kernel { get; private set; } = null!;

    public IPEndPoint EndPoint => (IPEndPoint)_listener.EndPoint;

    /// <summary>Whether segments are captured packets; otherwise calls and states prove them.</summary>
    public bool HasPackets => _capture is not null;

    /// <summary>The reason why packets are not captured; empty if they are.</summary>
    public string NoPackets { get; private set; } = "";

    public string Engine => EngineNames.GetName(_transport.Engine);

    public TcpInfo? Listener => _listener.GetTcpInfo();

    public IEnumerable<PagePair> Pairs => _pairs.Values;

    /// <summary>Seconds since the start.</summary>
    public double Now => Math.Round(_time.GetElapsedTime(_start).TotalSeconds, 4);

    public long Timestamp => _time.GetTimestamp();

    /// <summary>Starts the server, and the capture if it is allowed.</summary>
    public static async Task<PageWorld> StartAsync(TimeProvider time)
    {
        var world = new PageWorld(time);
        world.Kernel = (IKernelSockets?)DiagSockets.TryCreate()
            ?? new OwnSockets(() => world.Pairs.SelectMany(pair => pair.Ends));
        await world.BindAsync();
        world._capture = PacketCapture.Start(world.EndPoint, () => world.Now, world.AddSegment, out var refusal);
        world.NoPackets = refusal;
        world.Accepting = new(world._listener, world.OnAccepted);
        world.Accepting.Resume();
        return world;
    }

    public (IReadOnlyList<Segment> Entries, long Last) GetSegments(long after) => _segments.After(after);

    public (IReadOnlyList<PageCall> Entries, long Last) GetCalls(long after) => _calls.After(after);

    /// <summary>Reads the sockets from the kernel, and forgets pairs that have none for a while.</summary>
    public IReadOnlyList<KernelSocket> ReadSockets()
    {
        var sockets = Kernel.Read(EndPoint);
        if (!HasPackets)
        {
            foreach (var socket in sockets)
                _proved.OnState(socket, EndPoint);
        }

        return sockets;
    }

    /// <summary>Forgets a pair.</summary>
    public void Remove(PagePair pair)
    {
        if (!_pairs.TryRemove(new(pair.Port, pair)))
            return; // A new connection has the port.
        _handles.TryRemove((PageSide.Client, pair.Port), out _);
        _handles.TryRemove((PageSide.Server, pair.Port), out _);
    }

    public PagePair? Find(int port) => _pairs.GetValueOrDefault(port);

    /// <summary>Returns the pair of a client's port, which it adds if there is none.</summary>
    public PagePair GetPair(int port) => _pairs.GetOrAdd(port, static (port, now) => new(port, now), Timestamp);

    /// <summary>Returns the limit that more connections would exceed, as a sentence; null if they may be opened.</summary>
    /// <param name="count">The number of connections to open.</param>
    public string? FindLimit(int count)
    {
        if (Volatile.Read(ref _open) + count > MaxOpen)
            return $"At most {MaxOpen} connections are open at a time: end some first.";
        return Kernel.HasAll && Kernel.Read(EndPoint).Count + (2 * count) > MaxSockets
            ? $"The port has {MaxSockets} sockets, most of them in TIME-WAIT: wait until some have ended."
            : null;
    }

    /// <summary>Connects sockets of one client in the background. Returns a sentence about it.</summary>
    public string Connect(int count)
    {
        if (FindLimit(count) is { } limit)
            return limit;
        var name = $"client {Interlocked.Increment(ref _clients)}";
        for (var i = 0; i < count; i++)
        {
            Interlocked.Increment(ref _open);
            _ = ConnectAsync(count == 1 ? name : $"{name}, socket {i + 1} of {count}");
        }

        return count == 1 ? $"{name} calls connect()." : $"{name} calls connect() {count} times, once for each socket.";
    }

    public async ValueTask DisposeAsync()
    {
        _end.Cancel();
        await Accepting.PauseAsync();
        foreach (var end in Pairs.SelectMany(pair => pair.Ends))
            end.Reset("the page ends");
        await _listener.DisposeAsync();
        await _transport.DisposeAsync();
        _capture?.Dispose();
        (Kernel as IDisposable)?.Dispose();
        _end.Dispose();
    }

    /// <summary>Binds a port on which no earlier connection is in TIME-WAIT: the page would show it as its own.</summary>
    private async Task BindAsync()
    {
        for (var attempt = 1; ; attempt++)
        {
            _listener = await _transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0));
            if (attempt == MaxBinds || Kernel.Read(EndPoint).Count == 0)
                return;
            await _listener.DisposeAsync();
        }
    }

    private async Task ConnectAsync(string name)
    {
        try
        {
            var connection = await _client.ConnectAsync(EndPoint, _end.Token);
            var end = new PageEnd(connection, echoes: false);
            // A port in TIME-WAIT may be used again: what has ended is of an earlier connection.
            var pair = Renew(
                ((IPEndPoint)connection.LocalEndPoint!).Port,
                known => known.Client is null && known.Server is not { IsClosed: true });
            (pair.Name, pair.Client, pair.ClientHandle) = (name, end, GetHandle(PageSide.Client, pair.Port));
            await end.RunAsync();
            await end.Closed;
        }
        catch (Exception e) when (e is ConnectException or IOException or OperationCanceledException)
        {
            _calls.Add(number => new(number, Now, PageSide.Client, "connect", 0, null, null, $"failed: {e.Message}"));
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }

    private void OnAccepted(ConnectionContext connection)
    {
        var port = ((IPEndPoint)connection.RemoteEndPoint!).Port;
        var pair = Renew(port, known => known.Server is null && known.Client is not { IsClosed: true });
        (pair.Server, pair.ServerHandle) = (new(connection, echoes: true), GetHandle(PageSide.Server, port));
        if (Pairs.Count(each => each.IsOpen) > MaxAllOpen)
            pair.Server.Reset($"at most {MaxAllOpen} connections are open at a time");
        _ = pair.Server.RunAsync();
    }

    /// <summary>Returns the known pair of a port if it is the one of this connection, otherwise a new one.</summary>
    private PagePair Renew(int port, Func<PagePair, bool> isOfConnection) => _pairs.AddOrUpdate(
        port, static (port, world) => new(port, world.now),
        static (port, known, world) => world.isOfConnection(known) ? known : new(port, world.now),
        (isOfConnection, now: Timestamp));

    private long? GetHandle(string side, int port) => _handles.TryGetValue((side, port), out var handle) ? handle : null;

    private void AddSegment(Segment segment) => _segments.Add(number => segment with { Number = number });

    private void OnStep(string side, SocketStep step)
    {
        var endpoint = (side == PageSide.Client ? step.LocalEndPoint : step.RemoteEndPoint) as IPEndPoint;
        if (step.Function is SocketFunction.Connect or SocketFunction.Accept && endpoint is not null)
            _handles[(side, endpoint.Port)] = step.Handle;
        if (_capture is null)
            _proved.OnStep(side, step);
        long? bytes = step.Function is SocketFunction.Send or SocketFunction.Receive ? step.Bytes : null;
        var note = StepText.Note(step);
        _calls.Add(number => new(
            number, Now, side, StepText.Function(step.Function), step.Handle, endpoint?.Port, bytes,
            note.Length > 0 ? note : null));
    }
}
