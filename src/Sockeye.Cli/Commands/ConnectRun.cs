using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Sockeye.Linux;

namespace Sockeye.Cli;

/// <summary>One run of <c>sockeye connect</c>.</summary>
internal sealed class ConnectRun(ConnectSettings settings)
{
    private readonly ErrorLines _errors = new();
    private readonly StandardOutput _output = StandardOutput.Instance;
    private readonly List<string?> _failures = [];
    private readonly Lock _failuresLock = new();
    private WireCapture? _capture;

    public async Task<int> RunAsync()
    {
        _capture = CaptureOption.Open(settings.Capture, _errors);
        try
        {
            var client = await ConnectAsync(await ClientAsync());
            if (settings.Trace && client.Connections[0].Tls is { } tls)
                _errors.WriteLine($"TLS: {TlsText.Describe(tls)}");
            await using (client.Loop)
                await ExchangeAsync(client.Connections);
        }
        catch (ConnectException e)
        {
            throw new CommandException(ExitCodes.Failed, e.Message, e);
        }
        catch (TlsException e)
        {
            throw new CommandException(ExitCodes.Failed, $"{e.Message}.{TlsText.GetRemedy(e.Failure)}", e);
        }
        catch (PlatformNotSupportedException e)
        {
            throw new CommandException(ExitCodes.Failed, e.Message, e);
        }
        finally
        {
            _failures.Add(await CaptureOption.CloseAsync(_capture, _errors));
        }

        return _errors.Report(_failures);
    }

    private async Task<SockeyeClient> ClientAsync()
    {
        var local = settings.Local is { } chosen ? await ConnectAddresses.LocalAsync(chosen, settings.Target) : null;
        return new SockeyeClient(client =>
        {
            client.Transport = Transport();
            client.ConnectTimeout = settings.Timeout ?? client.ConnectTimeout;
            client.LocalEndPoint = local;
            client.LoggerFactory = new ErrorLog(_errors, LogLevel.Warning);
            settings.Protection.Apply(client, _errors);
            if (_capture is not null)
                client.UseWireCapture(_capture);
        });
    }

    private LinuxTransport Transport()
    {
        var sockets = new SocketTransportOptions { OnStep = settings.Trace ? new TraceWriter(_errors).Write : null };
        settings.Protection.Apply(sockets);
        try
        {
            return new(new() { Engine = settings.Engine, Sockets = sockets });
        }
        catch (InvalidOperationException e)
        {
            throw new CommandException(ExitCodes.WrongUse, e.Message, e); // An invalid SOCKEYE_ENGINE.
        }
    }

    /// <summary>With --retry the first connection belongs to a reconnect loop, which ends with it.</summary>
    private async Task<(IReadOnlyList<ConnectionContext> Connections, IAsyncDisposable? Loop)> ConnectAsync(SockeyeClient client)
    {
        var target = ConnectAddresses.Target(settings.Target);
        if (!settings.Retry)
            return (await client.ConnectManyAsync(target, settings.Sockets), null);
        var loop = client.ReconnectAsync(target).GetAsyncEnumerator();
        await loop.MoveNextAsync();
        return settings.Sockets == 1
            ? ([loop.Current], loop)
            : ([loop.Current, .. await client.ConnectManyAsync(target, settings.Sockets - 1)], loop);
    }

    private async Task ExchangeAsync(IReadOnlyList<ConnectionContext> connections)
    {
        var takers = connections.Select(connection => new InputReceiver(connection)).ToList();
        var pump = new InputPump(new(), new ConnectReceivers(takers));
        pump.Start();
        await Task.WhenAll(takers.Select(taker => ExchangeAsync(taker, pump)));
        await _output.CompleteAsync();
        _failures.Add(await pump.GetFailureAsync());
    }

    private async Task ExchangeAsync(InputReceiver taker, InputPump pump)
    {
        await using (taker.Connection)
        {
            await CopyToOutputAsync(taker.Connection);
            await pump.WaitUntilSentAsync(taker);
            await taker.DetachAsync();
        }

        // An abort by this side has its own message.
        if (taker.Connection.CloseReason is { IsOrderly: false } reason
            && pump.Failure is null && !_output.Broken.IsCancellationRequested)
        {
            lock (_failuresLock)
                _failures.Add($"{EndPointName.Format(taker.Connection.RemoteEndPoint)}: {reason}");
        }
    }

    private async Task CopyToOutputAsync(ConnectionContext connection)
    {
        // As with "| head -1": the rest is not needed, so the peer need not send it.
        using var broken = _output.Broken.UnsafeRegister(
            _ => connection.Abort(CloseCause.Abort, "standard output cannot be written"), null);
        var input = connection.Transport.Input;
        try
        {
            while (true)
            {
                var read = await input.ReadAsync();
                if (!read.Buffer.IsEmpty && !await _output.WriteAsync(read.Buffer))
                    return;
                input.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                    return;
            }
        }
        catch (Exception e) when (e is ConnectionResetException or ConnectionAbortedException)
        {
            // The close reason of the connection reports it.
        }
    }
}
