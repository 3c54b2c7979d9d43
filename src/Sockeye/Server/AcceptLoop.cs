using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>Accepts clients and passes each to a callback, until the listener ends.</summary>
internal sealed class AcceptLoop(Acceptor acceptor, Action<ConnectionContext> onAccepted)
{
    /// <summary>Completes when the listener is unbound or <paramref name="stopping"/> fires, and for no other
    /// reason.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        while (await acceptor.AcceptAsync(stopping) is { } connection)
        {
            try
            {
                onAccepted(connection);
            }
            catch (Exception error)
            {
                // No other code has the connection, so it must be ended here.
                connection.Abort(CloseReason.Local(
                    CloseCause.Abort, $"the server could not start to serve it: {OutsideCode.GetMessage(error)}", error));
                await acceptor.BackOffAsync(error, stopping);
            }
        }
    }
}
