using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Sockeye;

/// <summary>A listener of a <see cref="ResilientTransport"/>.</summary>
internal sealed class ResilientListener(
    IConnectionListener listener, AcceptFailureLog failures, TimeProvider time, Random random, ILogger logger)
    : IConnectionListener, IAcceptQueueListener
{
    private readonly CancellationTokenSource _unbound = new();

    // The host does not report when a connection ends: after a lack of descriptors the delay alone decides when to retry.
    private readonly Acceptor _acceptor = new(listener, new(time), failures, time, random, logger);

    public EndPoint EndPoint => listener.EndPoint;

    public TcpInfo? GetTcpInfo() => listener.GetTcpInfo();

    public AcceptQueueInfo? GetQueue() => (listener as IAcceptQueueListener)?.GetQueue();

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        using var both = cancellationToken.CanBeCanceled
            ? CancellationTokenSource.CreateLinkedTokenSource(_unbound.Token, cancellationToken)
            : null;
        var connection = await _acceptor.AcceptAsync((both ?? _unbound).Token);
        if (connection is null && !_unbound.IsCancellationRequested)
            cancellationToken.ThrowIfCancellationRequested();
        return connection;
    }

    public int Shed(int maxCount) => (listener as IAcceptQueueListener)?.Shed(maxCount) ?? 0;

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default) =>
        EndAsync("unbinding", () => listener.UnbindAsync(cancellationToken));

    public ValueTask DisposeAsync() => EndAsync("closing the listener of", listener.DisposeAsync);

    private async ValueTask EndAsync(string doing, Func<ValueTask> end)
    {
        logger.Guard("ending the accepts of", EndPoint, _unbound.Cancel);
        await logger.GuardAsync(doing, EndPoint, end);
    }
}
