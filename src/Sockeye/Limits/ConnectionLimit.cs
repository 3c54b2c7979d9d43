using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Counts the connections of an endpoint, and refuses excess clients.</summary>
internal sealed class ConnectionLimit(int maxConnections, LimitAction atLimit, LimitRefusal refusals) : IConnectionCounter
{
    private readonly Explanation _explanation = new(
        $"the endpoint has reached its maximum number of connections, {maxConnections}", "UseConnectionLimit");


    private int _openCount;

    public void Enter(EndPoint? address) => Interlocked.Increment(ref _openCount);

    public void Leave(EndPoint? address) => Decrement();

    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        // Counted before the comparison, so that two concurrent connections cannot both be the last one allowed.
        if (Interlocked.Increment(ref _openCount) > maxConnections && !connection.IsContinued)
        {
            Decrement();
            await refusals.RefuseAsync(connection, atLimit, CloseCause.Limit, _explanation);
            return;
        }

        try
        {
            await next(connection);
        }
        finally
        {
            Decrement();
        }
    }

    private void Decrement()
    {
        var left = Interlocked.Decrement(ref _openCount);
        Debug.Assert(left >= 0, "A connection leaves once.");
    }
}
