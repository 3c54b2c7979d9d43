using System.CommandLine;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli;

/// <summary>The default mode: prints received data, and sends standard input to all clients, as <c>nc -lk</c> does for
/// one.</summary>
internal sealed class RelayMode
{
    private readonly RelayClients _clients;
    private readonly InputPump? _pump;
    private readonly bool _sendsOnly;
    private readonly TimeSpan? _quitDelay;
    private readonly StandardOutput _output = StandardOutput.Instance;
    private readonly CancellationTokenSource _quit = new();

    public RelayMode(ParseResult parsed, ErrorLines errors)
    {
        _clients = new(errors);
        _sendsOnly = parsed.GetValue(InputOptions.SendOnly);
        _quitDelay = parsed.GetValue(InputOptions.QuitAfter);
        var settings = InputOptions.GetSettings(parsed, drainsPipe: parsed.GetValue(ListenCommand.Once));
        _pump = parsed.GetValue(InputOptions.ReceiveOnly) ? null : new(new(), _clients, settings);
    }

    /// <summary>Fires when the server is to stop, because standard input has ended.</summary>
    public CancellationToken Quit => _quit.Token;

    public void Serve(ListenOptions listen) => listen.Run(RunAsync);

    /// <summary>Stops the server after the end of standard input, if an option says so.</summary>
    public async Task QuitAfterInputAsync()
    {
        if (_pump is null || _quitDelay is not { } delay)
            return;
        await _pump.Completion;
        await Task.Delay(delay, TimeProvider.System);
        await _quit.CancelAsync();
    }

    /// <summary>Returns what was not sent of standard input, as a sentence without a full stop; null if all was sent.</summary>
    public async Task<string?> GetInputFailureAsync() => _pump is null ? null : await _pump.GetFailureAsync();

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
            _pump?.Start();
            await ReceiveAsync(connection);
            if (_pump is not null)
                await _pump.WaitUntilSentAsync(client);
        }
        finally
        {
            await _clients.RemoveAsync(client);
        }
    }

    private async Task ReceiveAsync(ConnectionContext connection)
    {
        var receiving = connection.ReadArrivedAsync(_sendsOnly ? static _ => ValueTask.FromResult(true) : _output.WriteAsync);
        if (_sendsOnly && await Task.WhenAny(receiving, _pump!.Completion) != receiving)
            connection.Transport.Input.CancelPendingRead();
        await receiving;
    }
}
