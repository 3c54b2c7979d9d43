using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Counts the connections of an end point and resets those over the limit.</summary>
internal sealed class ConnectionLimit(int maxConnections)
{
    private int _open;

    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        try
        {
            // Counted before it is compared: two at once can't both be the last one allowed.
            if (Interlocked.Increment(ref _open) <= maxConnections)
                await next(connection);
            else
                connection.Abort(CloseCause.Limit, $"the end point has its {maxConnections} connections (UseConnectionLimit)");
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }
}
