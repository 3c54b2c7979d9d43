using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Sockeye;

/// <summary>A step of the user on an established connection, before it is used. The connect timeout applies to it.</summary>
internal static class ClientStep
{
    public static ClientLayer CreateLayer(
        Func<ConnectionContext, CancellationToken, ValueTask<ConnectionContext>> step,
        ClientStage stage) =>
        new(nameof(SockeyeClientOptions.Use), stage, async (client, connection, target, cancellationToken) =>
        {
            using var timeout = new CancellationTokenSource(client.ConnectTimeout, client.TimeProvider);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
            try
            {
                return await step(connection, stop.Token);
            }
            catch (OperationCanceledException e) when (timeout.IsCancellationRequested)
            {
                cancellationToken.ThrowIfCancellationRequested();
                throw new ConnectException(
                    new Explanation(
                        $"Could not connect to {DisplayText.Format(target)} within {DisplayText.Format(client.ConnectTimeout)}",
                        nameof(client.ConnectTimeout),
                        ": the connection was established, and the step added by Use did not end"),
                    SocketError.TimedOut,
                    e);
            }
        });
}
