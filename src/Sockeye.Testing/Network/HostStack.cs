using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Testing;

/// <summary>The network stack of a host: its addresses, ports, listeners and connections.</summary>
internal sealed class HostStack : ITcpHost
{
    private const int FirstEphemeralPort = 32_768;
    private const int LastEphemeralPort = 60_999;
    private const int DefaultBufferSize = 64 * 1024;
    private const int MaxBacklog = 4096;

    private readonly SocketTransportOptions _options;
    private readonly Trace _trace;
    private readonly Dictionary<IPEndPoint, TcpListener> _listeners = [];
    private readonly Dictionary<(IPEndPoint Local, IPEndPoint Remote), TcpSocket> _sockets = [];
    private readonly FinishedConnections _finished = new();
    private readonly List<Action> _deferred = [];
    private int _pauses;
    private int _lastPort;
    private int _openedCount;

    public HostStack(string name, IPAddress v4, IPAddress v6, Wire wire, Trace trace, SocketTransportOptions options)
    {
        (Name, IPv4, IPv6, Wire, _trace, _options) = (name, v4, v6, wire, trace, options);
        ConnectionOptions = options.ToConnectionOptions() with
        {
            TimeProvider = wire.Time,
            Scheduler = Loop.Scheduler,
            HandlerScheduler = Loop.Scheduler,
            SendScheduler = Loop.Scheduler,
            KeepsContext = true,
        };
        _lastPort = Loop.Random.Next(FirstEphemeralPort, LastEphemeralPort);
    }

    /// <summary>Creates the connection of a socket whose handshake is complete, instead of a <see cref="StreamConnection"/>. Set
    /// by a simulated engine.</summary>
    public Func<TcpSocket, ConnectionContext>? OpenConnection { get; set; }

    public string Name { get; }

    public SocketTransportOptions Options => _options;

    /// <summary>The limits of the connections, and the schedulers of the run.</summary>
    public TransportConnectionOptions ConnectionOptions { get; }

    public IPAddress IPv4 { get; }

    public IPAddress IPv6 { get; }

    public Wire Wire { get; }

    public SimulationLoop Loop => Wire.Loop;

    public int SendBufferSize => _options.SendBufferSize ?? DefaultBufferSize;

    public int ReceiveBufferSize => _options.ReceiveBufferSize ?? DefaultBufferSize;

    public bool IsDown { get; private set; }

    /// <summary>The number of crashes: what began before one has ended with it.</summary>
    public int CrashCount { get; private set; }

    public bool IsPaused => _pauses > 0;

    /// <summary>The rate at which applications of this host read, in bytes per second; null: unlimited.</summary>
    public long? ReadRate { get; set; }

    public void Trace(string connection, string what) => _trace.Add(Name, connection, what);

    public void Trace(Segment segment, string what) => _trace.Add(Name, segment, what);

    public void Send(Segment segment, Action? onLost) => Wire.Send(this, segment, onLost);

    public TcpSocket? FindPeer(IPEndPoint local, IPEndPoint remote) => Wire.FindPeer(this, local, remote);

    public bool Owns(IPAddress address) => address.Equals(IPv4) || address.Equals(IPv6) || IPAddress.IsLoopback(address);

    public TcpListener Bind(IPEndPoint endpoint)
    {
        ThrowIfDown();
        if (!Owns(endpoint.Address) && !endpoint.Address.Equals(IPAddress.Any) && !endpoint.Address.Equals(IPAddress.IPv6Any))
            throw new SocketException((int)SocketError.AddressNotAvailable);
        var bound = endpoint.Port != 0
            ? endpoint
            : new(endpoint.Address, FindFreePort(port => IsFree(new(endpoint.Address, port))));
        if (!IsFree(bound))
            throw new SocketException((int)SocketError.AddressAlreadyInUse);
        var listener = new TcpListener(this, bound, Math.Min(_options.Backlog ?? MaxBacklog, MaxBacklog));
        _listeners.Add(bound, listener);
        Trace($"{bound}", "listens");
        return listener;
    }

    public TcpSocket CreateClient(IPEndPoint remote, IPEndPoint? chosen)
    {
        ThrowIfDown();
        var address = chosen?.Address ?? ChooseSource(remote.Address);
        if (!Owns(address))
            throw new SocketException((int)SocketError.AddressNotAvailable);
        var port = chosen is { Port: not 0 }
            ? chosen.Port
            : FindFreePort(port => !_sockets.ContainsKey((new(address, port), remote)));
        var local = new IPEndPoint(address, port);
        if (local.Equals(remote) && !_listeners.ContainsKey(local))
        {
            // Real transports refuse a socket that connects to itself.
            throw new SocketException((int)SocketError.ConnectionRefused);
        }

        if (_sockets.ContainsKey((local, remote)) || _listeners.ContainsKey(local))
            throw new SocketException((int)SocketError.AddressAlreadyInUse);
        var socket = new TcpSocket(this, local, remote, listener: null);
        Add(socket);
        return socket;
    }

    /// <summary>Creates the connection of a socket whose handshake is complete, of the same class as for real sockets.</summary>
    public ConnectionContext Open(TcpSocket socket)
    {
        var connection = OpenConnection is null ? OpenStream(socket) : OpenConnection(socket);
        // Counted per host, so that a second run of a seed has the same names.
        connection.ConnectionId = $"{Name}-{++_openedCount}";
        return connection;
    }

    public void Add(TcpSocket socket) => _sockets.Add((socket.Local, socket.Remote), socket);

    public void Remove(TcpSocket socket)
    {
        if (Find(socket.Local, socket.Remote) == socket)
            _sockets.Remove((socket.Local, socket.Remote));
    }

    public void Finish(TcpSocket socket)
    {
        Remove(socket);
        _finished.Add(socket.Local, socket.Remote, Loop.Now);
    }

    public void Remove(TcpListener listener) => _listeners.Remove((IPEndPoint)listener.EndPoint);

    public TcpSocket? Find(IPEndPoint local, IPEndPoint remote) => _sockets.GetValueOrDefault((local, remote));

    /// <summary>Receives a segment. Returns false if it was not accepted, which means lost for its sender.</summary>
    public bool Receive(Segment segment)
    {
        if (IsDown)
            return false;
        Trace(segment, "arrived");
        if (Find(segment.Destination, segment.Source) is { } socket)
            return socket.Receive(segment);
        if (segment.Has(SegmentControl.Rst))
            return true;
        if (!segment.Has(SegmentControl.Syn) && _finished.Contains(segment.Destination, segment.Source, Loop.Now))
            return true;
        if (segment.Flags is SegmentControl.Syn && FindListener(segment.Destination) is { } listener)
            return listener.OnSyn(segment);
        var reset = new Segment(segment.Destination, segment.Source, SegmentControl.Rst, segment.Acknowledged, 0, 0, default);
        Send(reset, onLost: () => FindPeer(segment.Destination, segment.Source)?.Probe());
        return true;
    }

    /// <summary>
    /// Disconnects the host, as by a power failure: peers are not notified, and code that runs on the host gets errors.
    /// </summary>
    public void Crash()
    {
        Trace("", "crashed");
        Loop.AssertOnLoopThread();
        IsDown = true;
        CrashCount++;
        foreach (var listener in _listeners.Values.ToList())
            listener.Crash();
        _listeners.Clear();
        foreach (var socket in _sockets.Values.ToList())
            socket.End(SocketError.NetworkDown);
        _sockets.Clear();
        _finished.Clear();
        // Actions that a pause has deferred are lost, even if the host restarts before the pause ends.
        RunDeferred();
    }

    public void Restart()
    {
        Trace("", "restarted");
        IsDown = false;
    }

    public void Pause()
    {
        Trace("", "paused");
        _pauses++;
    }

    public void Resume()
    {
        Trace("", "resumed");
        _pauses--;
        Debug.Assert(_pauses >= 0, "Each pause is resumed once.");
        if (_pauses == 0)
            RunDeferred();
    }

    /// <summary>Runs an action now, or when the host resumes.</summary>
    public void WhenRunning(Action action)
    {
        if (IsPaused)
            _deferred.Add(action);
        else
            action();
    }

    public async ValueTask DelayReadAsync(int bytes)
    {
        if (ReadRate is not { } rate || bytes == 0)
            return;
        // Not Task.Delay, which rounds down to whole milliseconds.
        var isDue = new TaskCompletionSource();
        using var timer = Loop.Timers.After(TimeSpan.FromSeconds((double)bytes / rate), _ => isDue.SetResult(), null);
        await isDue.Task;
    }

    private StreamConnection OpenStream(TcpSocket socket)
    {
        var connection = new StreamConnection(socket, ConnectionOptions);
        connection.Start();
        return connection;
    }

    private void RunDeferred()
    {
        var deferred = _deferred.ToList();
        _deferred.Clear();
        foreach (var action in deferred)
            action();
    }

    private TcpListener? FindListener(IPEndPoint destination) =>
        _listeners.GetValueOrDefault(destination)
        ?? (destination.AddressFamily is AddressFamily.InterNetwork
            ? _listeners.GetValueOrDefault(new(IPAddress.Any, destination.Port)) : null)
        ?? _listeners.GetValueOrDefault(new(IPAddress.IPv6Any, destination.Port)); // dual-stack

    private bool IsFree(IPEndPoint endpoint) => !_listeners.Keys.Any(taken =>
        taken.Port == endpoint.Port
        && (taken.Address.Equals(endpoint.Address) || Covers(taken, endpoint) || Covers(endpoint, taken)));

    private static bool Covers(IPEndPoint any, IPEndPoint other) =>
        any.Address.Equals(IPAddress.IPv6Any)
        || (any.Address.Equals(IPAddress.Any) && other.AddressFamily is AddressFamily.InterNetwork);

    private IPAddress ChooseSource(IPAddress destination) => IPAddress.IsLoopback(destination) ? destination
        : destination.AddressFamily is AddressFamily.InterNetworkV6 ? IPv6 : IPv4;

    private int FindFreePort(Func<int, bool> isFree)
    {
        for (var tried = 0; tried <= LastEphemeralPort - FirstEphemeralPort; tried++)
        {
            _lastPort = _lastPort >= LastEphemeralPort ? FirstEphemeralPort : _lastPort + 1;
            if (isFree(_lastPort))
                return _lastPort;
        }

        throw new SocketException((int)SocketError.AddressNotAvailable);
    }

    private void ThrowIfDown()
    {
        Loop.ThrowIfForeignThread();
        if (IsDown)
            throw new SocketException((int)SocketError.NetworkDown);
    }
}
