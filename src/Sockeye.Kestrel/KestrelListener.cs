using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Sockeye.Kestrel;

/// <summary>A listener of Sockeye from which Kestrel accepts connections.</summary>
internal sealed class KestrelListener(
    IConnectionListener listener, AcceptFailureLog failures, TimeProvider time, Random random, ILogger logger)
    : IConnectionListener, IAcceptQueue
{
    private readonly CancellationTokenSource _unbound = new();

    // Kestrel does not report when a connection ends: after a lack of descriptors, only the delay determines the next attempt.
    private readonly Acceptor _acceptor = new(listener, new(time), failures, time, random, logger);

    public EndPoint EndPoint => listener.EndPoint;

    public TcpInfo? GetTcpInfo() => listener.GetTcpInfo();

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        using var both = cancellationToken.CanBeCanceled // Kestrel's token cannot.
            ? CancellationTokenSource.CreateLinkedTokenSource(_unbound.Token, cancellationToken)
            : null;
        var connection = await _acceptor.AcceptAsync((both ?? _unbound).Token).ConfigureAwait(false);
        if (connection is null && !_unbound.IsCancellationRequested)
            cancellationToken.ThrowIfCancellationRequested();
        connection?.Features.Get<IConnectionIoFeature>()?.SignalClosedWhenReceivingEnds();
        return connection;
    }

    public int Shed(int maxCount) => (listener as IAcceptQueue)?.Shed(maxCount) ?? 0;

    /// <summary>Never throws: after an exception, Kestrel would end the stop without closing its connections.</summary>
    public ValueTask UnbindAsync(CancellationToken cancellationToken = default) =>
        EndAsync("unbinding", () => listener.UnbindAsync(cancellationToken));

    /// <inheritdoc cref="UnbindAsync"/>
    public ValueTask DisposeAsync() => EndAsync("closing the listener of", listener.DisposeAsync);

    private async ValueTask EndAsync(string doing, Func<ValueTask> end)
    {
        logger.Guard("ending the accepts of", EndPoint, _unbound.Cancel);
        await logger.GuardAsync(doing, EndPoint, end).ConfigureAwait(false);
    }
}
