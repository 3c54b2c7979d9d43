using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>
/// The transport of clients whose options name none: engine threads if the process has them anyway, otherwise the portable
/// transport.
/// </summary>
/// <remarks>
/// Connections on engine threads need less of the processor, but threads that only a few client connections use do not pay. So
/// each connect uses <see cref="DefaultTransport.Shared"/> once a server of this process has it, or a client has asked for many
/// connections.
/// </remarks>
internal sealed class ClientTransport : ILocalEndPointConnectionFactory, INamedTransport
{
    /// <summary>The number of connections in one request that is worth engine threads.</summary>
    public const int ManyConnections = 256;

    private readonly Func<bool, object?> _getShared;
    private volatile bool _isEngineWanted;

    /// <param name="getShared">Returns the transport of servers. Null if there is none, and the argument is false.</param>
    internal ClientTransport(Func<bool, object?> getShared) => _getShared = getShared;

    public static ClientTransport Shared { get; } = new(static create => DefaultTransport.Get(create));

    public string Name => Selected is INamedTransport named ? named.Name : Selected.GetType().Name;

    public string Reason => !ReferenceEquals(Selected, SocketTransport.Shared)
        ? _isEngineWanted
            ? $"a client has asked for {ManyConnections} connections or more at once"
            : "servers of this process use it"
        : "this process has no server that uses engine threads";

    private ILocalEndPointConnectionFactory Selected =>
        _getShared(_isEngineWanted) as ILocalEndPointConnectionFactory ?? SocketTransport.Shared;

    /// <summary>Notes that a client opens so many connections at once.</summary>
    public void Expect(int count)
    {
        if (count >= ManyConnections)
            _isEngineWanted = true;
    }

    public ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        ((IConnectionFactory)Selected).ConnectAsync(endpoint, cancellationToken);

    public ValueTask<ConnectionContext> ConnectAsync(EndPoint remote, EndPoint local, CancellationToken cancellationToken) =>
        Selected.ConnectAsync(remote, local, cancellationToken);
}
