using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli;

/// <summary>Prints what arrives, and sends standard input to all clients: what <c>nc -lk</c> does, for many at once.</summary>
internal sealed class RelayMode(StandardInput input, StandardOutput output, ErrorLines errors)
{
    private readonly RelayClients _clients = new();
    private readonly TaskCompletionSource _inputEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _pumping;

    public void Serve(ListenOptions listen) => listen.Run(RunAsync);

    private async Task RunAsync(ConnectionContext connection)
    {
        var client = _clients.Add(connection);
        try
        {
            if (Interlocked.Exchange(ref _pumping, 1) == 0)
                _ = PumpInputAsync();
            await connection.ReadArrivedAsync(output.WriteAsync);
            if (input.IsFile)
                await RestOfFileAsync(connection);
        }
        finally
        {
            await _clients.RemoveAsync(client);
        }
    }

    /// <summary>A client that has ended its side still gets the rest of a file, whose end is sure to come.</summary>
    private async Task RestOfFileAsync(ConnectionContext connection)
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed, connection.StopRequested);
        await _inputEnded.Task.WaitAsync(gone.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task PumpInputAsync()
    {
        try
        {
            input.Start();
            while (true)
            {
                var read = await input.Reader.ReadAsync();
                if (!read.Buffer.IsEmpty)
                    await _clients.SendAsync(read.Buffer);
                input.Reader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                    break;
            }
        }
        catch (CommandException e)
        {
            errors.WriteLine($"error: {e.Message}");
        }

        await _clients.EndOutputAsync();
        _inputEnded.SetResult();
    }
}
