using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Refuses clients that the rules deny and, optionally, closes connections that a later rule denies.</summary>
internal sealed class AddressGuard(AddressRules rules, LimitRefusal refusals)
{
    public Task RunAsync(ConnectionContext connection, ConnectionDelegate next) => rules.IsAllowed(connection.RemoteEndPoint)
        ? next(connection)
        : refusals.RefuseAsync(
            connection, LimitAction.Reset, CloseCause.Denied, new("a rule denies its address", "UseAddressRules"));

    public async Task RunWatchedAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        rules.Watch(connection);
        try
        {
            await RunAsync(connection, next);
        }
        finally
        {
            rules.Unwatch(connection);
        }
    }
}
