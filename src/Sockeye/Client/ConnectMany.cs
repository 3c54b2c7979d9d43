using System.Net;
using System.Runtime.ExceptionServices;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Opens several connections to one endpoint, or none.</summary>
internal sealed class ConnectMany(SockeyeClient client, EndPoint endpoint, int count)
{
    /// <summary>
    /// The maximum number of concurrent connects. More would overflow an accept queue of the usual size, and a lost SYN costs a
    /// second.
    /// </summary>
    private const int MaxConcurrentConnects = 64;

    private readonly ConnectionContext?[] _connections = new ConnectionContext?[count];
    private Exception? _error;
    private int _next = -1;

    public async Task<IReadOnlyList<ConnectionContext>> RunAsync(CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var connecting = Enumerable.Range(0, Math.Min(count, MaxConcurrentConnects)).Select(_ => ConnectUntilDoneAsync(stop));
        await Task.WhenAll(connecting);
        if (_error is null)
            return _connections!;

        foreach (var connection in _connections.OfType<ConnectionContext>())
        {
            connection.Abort(CloseCause.Abort, "another connection of the same ConnectManyAsync call could not be opened");
            await connection.DisposeAsync();
        }

        if (cancellationToken.IsCancellationRequested)
            throw new OperationCanceledException(_error.Message, _error.InnerException ?? _error, cancellationToken);
        ExceptionDispatchInfo.Throw(_error);
        throw _error;
    }

    private async Task ConnectUntilDoneAsync(CancellationTokenSource stop)
    {
        try
        {
            while (Interlocked.Increment(ref _next) is var index && index < count)
                _connections[index] = await client.ConnectAsync(endpoint, stop.Token);
        }
        catch (Exception error)
        {
            // The first error is the cause; those that follow are the others being cancelled.
            Interlocked.CompareExchange(ref _error, error, null);
            stop.Cancel();
        }
    }
}
