using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Creates two connections that are joined in memory, without a network.</summary>
/// <remarks>For tests, and for two parts of one program. They have what connections over TCP have: back-pressure, half-close,
/// resets and close reasons.</remarks>
public static class ConnectionPair
{
    /// <summary>Creates two connections. What one writes, the other reads; the end of one is the FIN of the other.</summary>
    /// <param name="options">The limits and schedulers of both connections. Null: the defaults.</param>
    /// <returns>The two connections. The caller disposes both. Their addresses are null.</returns>
    public static (ConnectionContext First, ConnectionContext Second) Create(TransportConnectionOptions? options = null)
    {
        options ??= new();
        var (first, second) = MemorySocket.CreatePair(options.Scheduler);
        return (ConnectionStarter.Start(first, options), ConnectionStarter.Start(second, options));
    }
}
