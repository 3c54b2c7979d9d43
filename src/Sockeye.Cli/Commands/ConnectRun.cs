using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Sockeye.Linux;

namespace Sockeye.Cli;

/// <summary>One run of <c>sockeye connect</c>.</summary>
internal sealed class ConnectRun(ConnectSettings settings)
{
    private readonly ErrorLines _errors = new();
    private readonly StandardInput _input = new();
    private readonly StandardOutput _output = new();
    private WireCapture? _capture;
    private int _failed;

    public async Task<int> RunAsync()
    {
        _capture = CaptureOption.Open(settings.Capture, _errors);
        try
        {
            var dialled = await DialAsync(await ClientAsync());
            if (settings.Trace && dialled.Connections[0].Tls is { } tls)
                _errors.WriteLine($"TLS: {TlsText.Describe(tls)}");
            await using (dialled.Loop)
                await ExchangeAsync(dialled.Connections);
        }
        catch (ConnectException e)
        {
            throw new CommandException(ExitCodes.Failed, $"{e.Message}.", e);
        }
        catch (TlsException e)
        {
            throw new CommandException(ExitCodes.Failed, $"{e.Message}.{TlsText.WayOut(e.Failure)}", e);
        }
        catch (PlatformNotSupportedException e)
        {
            throw new CommandException(ExitCodes.Failed, e.Message, e);
        }
        finally
        {
            await CaptureOption.CloseAsync(_capture, _errors);
        }

        return _failed > 0 ? ExitCodes.Failed : ExitCodes.Done;
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
            throw new CommandException(ExitCodes.WrongUse, e.Message, e); // A SOCKEYE_ENGINE that is none.
        }
    }

    /// <summary>With --retry the first connection belongs to a reconnect loop, which ends with it.</summary>
    private async Task<(IReadOnlyList<ConnectionContext> Connections, IAsyncDisposable? Loop)> DialAsync(SockeyeClient client)
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
        var takers = connections.Select(connection => new InputTaker(connection)).ToList();
        var receiving = Task.WhenAll(connections.Zip(takers, ReceiveAsync));
        var sending = SendInputAsync(takers);
        // Nobody waits for standard input: a peer that has ended its side ends this, whatever may still be typed.
        if (await Task.WhenAny(receiving, sending) == sending)
            await sending;
        await receiving;
    }

    private async Task SendInputAsync(List<InputTaker> takers)
    {
        _input.Start();
        while (true)
        {
            var read = await _input.Reader.ReadAsync();
            await Task.WhenAll(takers.Select(taker => taker.SendAsync(read.Buffer)));
            _input.Reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                break;
        }

        await Task.WhenAll(takers.Select(taker => taker.EndOutputAsync()));
    }

    private async Task ReceiveAsync(ConnectionContext connection, InputTaker taker)
    {
        await using (connection)
        {
            try
            {
                await CopyToOutputAsync(connection);
            }
            catch (Exception e) when (e is ConnectionResetException or ConnectionAbortedException)
            {
                Interlocked.Increment(ref _failed);
                _errors.WriteLine($"sockeye: {EndPointName.Of(connection.RemoteEndPoint)}: {connection.CloseReason}.");
            }

            await taker.RetireAsync();
        }
    }

    private async Task CopyToOutputAsync(ConnectionContext connection)
    {
        var input = connection.Transport.Input;
        while (true)
        {
            var read = await input.ReadAsync();
            if (!read.Buffer.IsEmpty && !await _output.WriteAsync(read.Buffer))
            {
                // As with "| head -1": nobody wants the rest, so the peer need not send it.
                connection.Abort(CloseCause.Abort, "standard output was closed");
                return;
            }

            input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                return;
        }
    }
}
