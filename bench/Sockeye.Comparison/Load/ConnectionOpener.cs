using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Comparison.Load;

/// <summary>Opens many connections, a bounded number at a time.</summary>
internal static class ConnectionOpener
{
    /// <summary>Handshakes at once; far below any accept queue, so that no SYN is dropped.</summary>
    private const int MaxConcurrent = 100;

    public static async Task<List<ConnectionContext>> OpenAsync(
        IConnectionFactory factory, EndPoint endpoint, int count, CancellationToken cancellationToken)
    {
        List<ConnectionContext> connections = new(count);
        try
        {
            while (connections.Count < count)
            {
                var attempts = Enumerable.Range(0, Math.Min(MaxConcurrent, count - connections.Count))
                    .Select(_ => factory.ConnectAsync(endpoint, cancellationToken).AsTask()).ToList();
                await ((Task)Task.WhenAll(attempts)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                connections.AddRange(
                    attempts.Where(attempt => attempt.IsCompletedSuccessfully).Select(attempt => attempt.Result));
                await Task.WhenAll(attempts);
            }
        }
        catch
        {
            await CloseAsync(connections);
            throw;
        }

        // The last connect may have completed on an engine thread, which is not for what comes now.
        await Task.Yield();
        return connections;
    }

    public static async Task CloseAsync(IEnumerable<ConnectionContext> connections)
    {
        await Task.WhenAll(connections.Select(connection => connection.DisposeAsync().AsTask()));
        await Task.Yield();
    }
}
