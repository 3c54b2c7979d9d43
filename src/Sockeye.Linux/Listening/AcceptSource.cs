using System.Net;
using System.Net.Sockets;

namespace Sockeye.Linux;

/// <summary>One listening socket, registered with an engine thread.</summary>
internal sealed class AcceptSource
{
    private readonly ListeningSocket _listening;
    private readonly Registration _registration;
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly EndPoint? _localEndPoint;

    /// <param name="listening">The socket.</param>
    /// <param name="polling">The thread that waits for clients.</param>
    /// <param name="serving">The thread that serves its connections. Null: the least loaded one.</param>
    /// <param name="onReady">Called on the polling thread when clients wait.</param>
    private AcceptSource(ListeningSocket listening, EngineThread polling, EngineThread? serving, Action<EngineThread> onReady)
    {
        (_listening, Thread) = (listening, serving);
        // If the socket listens on all addresses, the address of each connection is queried.
        if (EndPoint is not IPEndPoint { Address: var address }
            || (!address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any)))
            _localEndPoint = EndPoint;
        _registration = new(polling, Descriptor, isForWriting: false, () => onReady(polling), OnStarted);
        _registration.Start();
    }

    public Socket Socket => _listening.Socket;

    public EndPoint EndPoint => _listening.EndPoint;

    public EngineThread? Thread { get; }

    /// <summary>A task that completes when the socket is registered, or fails if the system refuses.</summary>
    public Task Started => _started.Task;

    private int Descriptor => (int)Socket.SafeHandle.DangerousGetHandle();

    public static AcceptSource[] Bind(EndPoint endpoint, EngineGroup engine, Action<EngineThread> onReady)
    {
        if (endpoint is InheritedEndPoint inherited)
            return Attach(inherited.Descriptors, engine, onReady);
        // The first bind is without SO_REUSEPORT, so that no other server shares the port. The other binds use it.
        var reuses = engine.ReusesPort && endpoint is IPEndPoint; // A path has one socket.
        var first = ListeningSocket.Bind(
            endpoint, engine.Setup.Sockets, beforeListen: socket => Configure(socket, engine.Setup, reuses));
        List<AcceptSource> sources = [new(first, engine.Threads[0], reuses ? engine.Threads[0] : null, onReady)];
        try
        {
            foreach (var thread in reuses ? engine.Threads.Skip(1) : [])
            {
                var next = ListeningSocket.Bind(
                    first.EndPoint, engine.Setup.Sockets, beforeBind: socket => Configure(socket, engine.Setup, reuses));
                sources.Add(new(next, thread, thread, onReady));
            }

            return [.. sources];
        }
        catch
        {
            _ = CloseAsync(sources); // No socket stays bound. An error of closing is ignored in favor of the original one.
            throw;
        }
    }

    public static IReadOnlyList<ListeningDescriptor> CreateDescriptors(IEnumerable<AcceptSource> sources) =>
        ListeningSocket.CreateDescriptors(sources.Select(source => source._listening));

    /// <summary>Closes all sources, even if the observer of steps throws. That exception is rethrown at the end.</summary>
    public static Task CloseAsync(IEnumerable<AcceptSource> sources) =>
        Task.WhenAll(sources.Select(source => source.CloseAsync()));

    public void LeaveFile() => _listening.LeaveFile();

    public int Shed(int maxCount) => _listening.Shed(maxCount);

    /// <summary>Accepts the next client without waiting. Returns <see cref="Errno.Again"/> if there is none.</summary>
    public Errno TryAccept(out ConnectedSocket accepted)
    {
        accepted = default;
        var isHeld = false;
        try
        {
            Socket.SafeHandle.DangerousAddRef(ref isHeld);
            Errno error;
            int descriptor;
            NativeAddress peer;
            do
                descriptor = SocketCalls.Accept(Descriptor, out peer, out error);
            while (error is Errno.Interrupted);
            if (error is not Errno.None)
                return error;
            accepted = new()
            {
                Descriptor = descriptor,
                Remote = peer,
                Local = _localEndPoint is null ? SocketCalls.LocalAddress(descriptor) : default,
                LocalEndPoint = _localEndPoint,
                RemoteEndPoint = EndPoint is IPEndPoint ? null : SocketCalls.RemoteUnixEndPoint(descriptor),
                IsUnix = EndPoint is not IPEndPoint,
            };
            return Errno.None;
        }
        catch (ObjectDisposedException)
        {
            return Errno.Again; // The socket was closed.
        }
        finally
        {
            if (isHeld)
                Socket.SafeHandle.DangerousRelease();
        }
    }

    /// <summary>Serves each socket, whatever the number of threads.</summary>
    private static AcceptSource[] Attach(
        IReadOnlyList<ListeningDescriptor> descriptors, EngineGroup engine, Action<EngineThread> onReady)
    {
        // As many as threads: each thread serves its own clients. Otherwise the threads share the clients of all sockets.
        var isEach = engine.ReusesPort && descriptors.Count == engine.Threads.Count;
        List<AcceptSource> sources = [];
        try
        {
            foreach (var descriptor in descriptors)
            {
                var listening = ListeningSocket.Attach(descriptor, engine.Setup.Sockets);
                SocketSetup.ConfigureConnection(listening.Socket, engine.Setup.Sockets);
                var thread = engine.Threads[sources.Count % engine.Threads.Count];
                sources.Add(new(listening, thread, isEach ? thread : null, onReady));
            }

            return [.. sources];
        }
        catch
        {
            foreach (var source in sources)
                source.LeaveFile(); // The caller still has the socket.
            _ = CloseAsync(sources); // An error of closing is ignored in favor of the original one.
            throw;
        }
    }

    private async Task CloseAsync()
    {
        await _registration.StopAsync().ConfigureAwait(false);
        _started.TrySetResult(); // It may be closed before it was registered.
        _listening.Close();
    }

    private void OnStarted(Exception? error)
    {
        if (error is null)
            _started.TrySetResult();
        else
            _started.TrySetException(error);
    }

    /// <summary>Sets the options of accepted connections once on the listener, from which they inherit on Linux.</summary>
    private static void Configure(Socket socket, EngineSetup setup, bool reuses)
    {
        SocketSetup.ConfigureConnection(socket, setup.Sockets);
        if (reuses)
            SocketCalls.EnableReusePort((int)socket.SafeHandle.DangerousGetHandle());
    }
}
