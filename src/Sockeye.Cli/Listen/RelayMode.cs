using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli;

/// <summary>The default mode: prints received data, and sends standard input to all clients, as <c>nc -lk</c> does for
/// one.</summary>
internal sealed class RelayMode
{
    private readonly RelayClients _clients;
    private readonly InputPump _pump;
    private readonly StandardOutput _output = StandardOutput.Instance;

    public RelayMode(ErrorLines errors)
    {
        _clients = new(errors);
        _pump = new(new(), _clients);
    }

    public void Serve(ListenOptions listen) => listen.Run(RunAsync);

    /// <summary>Returns what was not sent of standard input, as a sentence without a full stop; null if all was sent.</summary>
    public Task<string?> GetInputFailureAsync() => _pump.GetFailureAsync();

    private async Task RunAsync(ConnectionContext connection)
    {
        var client = _clients.Add(connection);
        using var broken = _output.Broken.UnsafeRegister(
            _ =>
            {
                // If only the reader of standard output has ended, the server stops in order.
                if (_output.Failure is { } failure)
                    connection.Abort(CloseCause.Abort, failure);
            },
            null);
        try
        {
            _pump.Start();
            await connection.ReadArrivedAsync(_output.WriteAsync);
            await _pump.WaitUntilSentAsync(client);
        }
        finally
        {
            await _clients.RemoveAsync(client);
        }
    }
}
