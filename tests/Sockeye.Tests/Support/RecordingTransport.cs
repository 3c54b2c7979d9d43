using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Tests.Support;

/// <summary>The transport of the system, with the listeners that it has bound, so that a test can end one without the
/// server.</summary>
internal sealed class RecordingTransport : IConnectionListenerFactory
{
    public List<IConnectionListener> Listeners { get; } = [];

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var listener = await SocketTransport.Shared.BindAsync(endpoint, cancellationToken);
        Listeners.Add(listener);
        return listener;
    }
}
