using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Testing;

/// <summary>
/// A computer on a <see cref="SimulatedNetwork"/>. It is a transport: set it in the options of a server or a client.
/// </summary>
/// <remarks>
/// It has an IPv4 and an IPv6 address, separate loopback addresses, and a name that other hosts can resolve. Like all objects of
/// a simulation, it is for the thread of the run, and throws on other threads.
/// </remarks>
public sealed class SimulatedHost
    : IConnectionListenerFactory, ILocalEndPointConnectionFactory, IHostNameResolver, ISelfContainedTransport, INamedTransport
{
    private readonly SimulatedNetwork _network;
    private readonly SimulatedTimeProvider _clock;

    internal SimulatedHost(SimulatedNetwork network, HostStack stack, SimulatedTimeProvider clock)
    {
        (_network, Stack, _clock) = (network, stack, clock);
    }

    string INamedTransport.Name => "simulation";

    string? INamedTransport.Reason => null;

    /// <summary>Gets the name that other hosts can resolve.</summary>
    public string Name => Stack.Name;

    /// <summary>Gets the IPv4 address: 10.0.0.1 for the first host, and so on.</summary>
    public IPAddress Address => Stack.IPv4;

    /// <summary>Gets the IPv6 address: fd00::1 for the first host, and so on.</summary>
    public IPAddress AddressV6 => Stack.IPv6;

    /// <summary>
    /// Gets the clock of the host: the time of the network, with the error of this host. Timers and timestamps never jump.
    /// </summary>
    public TimeProvider TimeProvider => _clock;

    /// <summary>
    /// Gets or sets the number of received bytes a second that each connection of this host reads. Default: null, all bytes at
    /// once. Range: at least 1.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    public long? ReadRate { get => Stack.ReadRate; set => Stack.ReadRate = OptionChecks.AtLeast(value, 1); }

    internal HostStack Stack { get; }

    PipeScheduler ISchedulingTransport.Scheduler => Stack.Loop.Scheduler;

    Random ISelfContainedTransport.Random => Stack.Loop.Random;

    /// <summary>
    /// Crashes the host, as by a power failure: its listeners and connections disappear. Code that runs on it gets errors; peers
    /// detect the crash when their segments stay unanswered, or when the host restarts and resets them.
    /// </summary>
    public void Crash() => Stack.Crash();

    /// <summary>Restarts the host after a crash, without listeners.</summary>
    public void Restart() => Stack.Restart();

    /// <summary>
    /// Pauses the host, as by a long pause of its disk or garbage collector, until the result is disposed. Arriving segments
    /// wait, and none are sent.
    /// </summary>
    public IDisposable Pause()
    {
        Stack.Pause();
        return new DisposableAction(Stack.Resume);
    }

    /// <summary>Makes the wall clock of this host jump; its timers do not.</summary>
    public void JumpClock(TimeSpan by)
    {
        Stack.Trace("", $"clock jumps by {by}");
        _clock.Offset += by;
    }

    /// <inheritdoc />
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var ip = IPOnly(EndPoints.ToListen(endpoint));
        try
        {
            return new(Stack.Bind(ip));
        }
        catch (SocketException e)
        {
            return ValueTask.FromException<IConnectionListener>(BindErrors.ToException(ip, e) ?? e);
        }
    }

    /// <inheritdoc />
    public ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        ConnectAsync(IPOnly(EndPoints.ToConnect(endpoint)), null, cancellationToken);

    ValueTask<ConnectionContext> ILocalEndPointConnectionFactory.ConnectAsync(
        EndPoint remote, EndPoint local, CancellationToken cancellationToken) =>
        ConnectAsync(IPOnly(EndPoints.ToConnect(remote)), IPOnly(EndPoints.Unmap(local)!), cancellationToken);

    ValueTask<IReadOnlyList<IPAddress>> IHostNameResolver.ResolveAsync(
        string host, AddressFamily family, CancellationToken cancellationToken)
    {
        var isV6 = family is AddressFamily.InterNetworkV6;
        if (host is "localhost")
            return new([isV6 ? IPAddress.IPv6Loopback : IPAddress.Loopback]);
        return _network.FindHost(host) is { } found
            ? new([isV6 ? found.AddressV6 : found.Address])
            : ValueTask.FromException<IReadOnlyList<IPAddress>>(new SocketException((int)SocketError.HostNotFound));
    }

    bool IHostNameResolver.Owns(IPAddress address) => Stack.Owns(address);

    private static IPEndPoint IPOnly(EndPoint endpoint) => endpoint as IPEndPoint ?? throw new NotSupportedException(
        $"A simulated host supports IPEndPoint, not {endpoint?.GetType().Name} ({endpoint}).");

    private async ValueTask<ConnectionContext> ConnectAsync(
        IPEndPoint remote, IPEndPoint? local, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var socket = Stack.CreateClient(remote, local);
        try
        {
            await socket.ConnectAsync(cancellationToken);
            return Stack.Open(socket);
        }
        catch
        {
            socket.Close(reset: true);
            throw;
        }
    }
}
