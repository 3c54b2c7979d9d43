using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Instruments;

/// <summary>A listener without clients, whose address is a tag of the counts.</summary>
internal sealed class NoListener(EndPoint endpoint) : IConnectionListener
{
    public EndPoint EndPoint => endpoint;

    public ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) => default;

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => default;

    public ValueTask DisposeAsync() => default;
}
