using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Kestrel;

/// <summary>A listener of Sockeye from which Kestrel accepts connections.</summary>
internal sealed class KestrelListener(IConnectionListener listener) : IConnectionListener
{
    public EndPoint EndPoint => listener.EndPoint;

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        var connection = await listener.AcceptAsync(cancellationToken).ConfigureAwait(false);
        connection?.Features.Get<IConnectionIoFeature>()?.SignalClosedWhenReceivingEnds();
        return connection;
    }

    /// <summary>Never throws: after an exception, Kestrel would end the stop without closing its connections.</summary>
    public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => listener.UnbindAsync(cancellationToken);

    /// <inheritdoc cref="UnbindAsync"/>
    public ValueTask DisposeAsync() => listener.DisposeAsync();
}
