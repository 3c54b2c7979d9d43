using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Keeps out whom the rules deny and, if asked to, ends connections that a later rule denies.</summary>
internal sealed class AddressGuard(AddressRules rules, LimitRefusal refusals)
{
    public Task RunAsync(ConnectionContext connection, ConnectionDelegate next) => rules.IsAllowed(connection.RemoteEndPoint)
        ? next(connection)
        : refusals.RefuseAsync(
            connection, LimitAction.Reset, CloseCause.Denied, "a rule keeps its address out (UseAddressRules)");

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
