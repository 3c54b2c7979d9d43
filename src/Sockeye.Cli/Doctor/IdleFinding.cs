using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli;

/// <summary>Finds out who closes a connection on which nothing happens, and when.</summary>
internal static class IdleFinding
{
    /// <param name="connect">Opens the connection, as far as the first message of a client.</param>
    /// <param name="bound">The time to wait.</param>
    /// <param name="time">The clock.</param>
    public static async Task<Finding> MeasureAsync(
        Func<Task<ConnectionContext>> connect, TimeSpan bound, TimeProvider time)
    {
        try
        {
            await using var connection = await connect();
            var start = time.GetTimestamp();
            var end = await WaitForEndAsync(connection, bound, time);
            var elapsed = QuantityText.FormatTime(time.GetElapsedTime(start));
            if (connection.CloseReason is { Cause: CloseCause.TlsError, Explanation: var refusal })
            {
                // With TLS 1.3, a client's handshake is over before the server checks its certificate.
                return new(
                    "TLS client", $"refused after {elapsed}", FindingSeverity.Note, $"{TargetClient.Describe(refusal)}.");
            }

            return end is null
                ? new("idle", $"open after {QuantityText.FormatTime(bound)}", FindingSeverity.Ok, "--idle TIME waits longer.")
                : new(
                    "idle", $"the server {end} after {elapsed}", FindingSeverity.Note,
                    "Clients that keep connections open must use or close them sooner: set a shorter idle time in their pool, or "
                        + "send heartbeats.");
        }
        catch (Exception e) when (e is ConnectException or TlsException)
        {
            return new(
                "idle", "not checked", FindingSeverity.Note,
                $"{TargetClient.Describe(e)}. It accepted connections before: it may limit those of one client.");
        }
    }

    private static async Task<string?> WaitForEndAsync(ConnectionContext connection, TimeSpan bound, TimeProvider time)
    {
        using var timeout = new CancellationTokenSource(bound, time);
        var input = connection.Transport.Input;
        try
        {
            while (true)
            {
                var read = await input.ReadAsync(timeout.Token);
                input.AdvanceTo(read.Buffer.End); // A greeting, for example.
                if (read.IsCompleted)
                    return "closes (FIN)";
            }
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            return null;
        }
        catch (IOException)
        {
            return "resets (RST)";
        }
    }
}
