using System.CommandLine;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Cli;

/// <summary>Connects standard input and output with the connections of <c>sockeye connect</c>.</summary>
internal sealed class ConnectExchange(ParseResult parsed, StandardOutput output)
{
    private readonly List<string?> _failures = [];
    private readonly Lock _failuresLock = new();

    // Fires when the connections are to end, whatever their peers do.
    private readonly CancellationTokenSource _end = new();

    /// <summary>Returns the failures, as sentences without a full stop.</summary>
    public async Task<IReadOnlyList<string?>> RunAsync(IReadOnlyList<ConnectionContext> connections)
    {
        var receivers = connections.Select(connection => new InputReceiver(connection)).ToList();
        var pump = parsed.GetValue(InputOptions.ReceiveOnly)
            ? null
            : new InputPump(new(), new ConnectReceivers(receivers), InputOptions.GetSettings(parsed, drainsPipe: false));
        pump?.Start();
        if (pump is not null && GetQuitDelay() is { } delay)
            _ = EndAfterInputAsync(pump, delay);
        await Task.WhenAll(receivers.Select(receiver => ExchangeAsync(receiver, pump)));
        await output.CompleteAsync();
        _failures.Add(pump is null ? null : await pump.GetFailureAsync());
        return _failures;
    }

    private TimeSpan? GetQuitDelay() =>
        parsed.GetValue(InputOptions.QuitAfter) ?? (parsed.GetValue(InputOptions.SendOnly) ? TimeSpan.Zero : null);

    private async Task EndAfterInputAsync(InputPump pump, TimeSpan delay)
    {
        await pump.Completion;
        await Task.Delay(delay, TimeProvider.System);
        await _end.CancelAsync();
    }

    private async Task ExchangeAsync(InputReceiver receiver, InputPump? pump)
    {
        await using (receiver.Connection)
        {
            await ReceiveAsync(receiver.Connection);
            if (pump is not null)
                await pump.WaitUntilSentAsync(receiver);
            await receiver.DetachAsync();
        }

        // An abort by this side has its own message.
        if (receiver.Connection.CloseReason is { IsOrderly: false } reason
            && pump?.Failure is null && !output.Broken.IsCancellationRequested)
        {
            var name = EndPointName.Format(receiver.Connection.RemoteEndPoint);
            lock (_failuresLock)
                _failures.Add($"{name}: {OptionNames.Describe(reason.Explanation)}");
        }
    }

    private async Task ReceiveAsync(ConnectionContext connection)
    {
        // As with "| head -1": the rest is not needed, so the peer need not send it.
        using var broken = output.Broken.UnsafeRegister(
            _ => connection.Abort(CloseCause.Abort, "standard output cannot be written to"), null);
        try
        {
            await CopyToOutputAsync(connection.Transport.Input);
        }
        catch (Exception e) when (e is ConnectionResetException or ConnectionAbortedException)
        {
            // The close reason of the connection reports it.
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
            // The rest of what the peer sends is not wanted.
        }
    }

    private async Task CopyToOutputAsync(PipeReader input)
    {
        var isPrinted = !parsed.GetValue(InputOptions.SendOnly);
        while (true)
        {
            var read = await input.ReadAsync(_end.Token);
            if (isPrinted && !read.Buffer.IsEmpty && !await output.WriteAsync(read.Buffer))
                return;
            input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                return;
        }
    }
}
