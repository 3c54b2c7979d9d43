using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Counts the connections of an endpoint and refuses those over the limit.</summary>
internal sealed class ConnectionLimit(int maxConnections, LimitAction atLimit, LimitRefusal refusals) : IConnectionCounter
{
    private readonly string _description = $"the endpoint has its {maxConnections} connections (UseConnectionLimit)";
    private int _openCount;

    public void Enter(EndPoint? address) => Interlocked.Increment(ref _openCount);

    public void Leave(EndPoint? address) => Interlocked.Decrement(ref _openCount);

    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        // Counted before the comparison, so that two concurrent connections cannot both be the last one allowed.
        if (Interlocked.Increment(ref _openCount) > maxConnections)
        {
            Interlocked.Decrement(ref _openCount);
            await refusals.RefuseAsync(connection, atLimit, CloseCause.Limit, _description);
            return;
        }

        try
        {
            await next(connection);
        }
        finally
        {
            Interlocked.Decrement(ref _openCount);
        }
    }
}
