using System.CommandLine;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Sockeye.Linux;

namespace Sockeye.Cli;

/// <summary>One run of <c>sockeye connect</c>.</summary>
internal sealed class ConnectRun(ParseResult parsed)
{
    private readonly ErrorLines _errors = new();
    private readonly StandardOutput _output = StandardOutput.Instance;
    private readonly EndPointText _target = parsed.GetRequiredValue(ConnectCommand.Target);
    private readonly List<string?> _failures = [];
    private readonly Lock _failuresLock = new();
    private WireCapture? _capture;

    public async Task<int> RunAsync()
    {
        _capture = CaptureOption.Open(parsed, _errors);
        try
        {
            var client = await ConnectAsync(await CreateClientAsync());
            if (parsed.GetValue(TransportOptions.Trace) && client.Connections[0].Tls is { } tls)
                _errors.WriteLine($"TLS: {TlsText.Describe(tls)}");
            await using (client.Loop)
                await ExchangeAsync(client.Connections);
        }
        catch (Exception e) when (e is ConnectException or TlsException or PlatformNotSupportedException)
        {
            throw new CommandException(ExitCodes.Failed, $"{OptionNames.Describe(e)}.{TlsText.GetRemedy(e)}", e);
        }
        finally
        {
            _failures.Add(await CaptureOption.CloseAsync(_capture, _errors));
        }

        return _errors.Report(_failures);
    }

    private async Task<SockeyeClient> CreateClientAsync()
    {
        var local = parsed.GetValue(ConnectCommand.Local) is { } text
            ? await ConnectAddresses.GetLocalAsync(text, _target)
            : null;
        var engine = parsed.GetValue(ConnectCommand.Engine) ?? LinuxEngine.Sockets;
        return new SockeyeClient(client =>
        {
            client.Transport = TransportOptions.CreateTransport(parsed, engine, new(), _errors);
            client.ConnectTimeout = parsed.GetValue(ConnectCommand.Timeout) ?? client.ConnectTimeout;
            client.LocalEndPoint = local;
            client.LoggerFactory = new ErrorLog(_errors, LogLevel.Warning);
            new ConnectProtection(parsed).Apply(client, _errors);
            if (_capture is not null)
                client.UseWireCapture(_capture);
        });
    }

    /// <summary>With --retry, the first connection belongs to a reconnect loop, which ends with it.</summary>
    private async Task<(IReadOnlyList<ConnectionContext> Connections, IAsyncDisposable? Loop)> ConnectAsync(SockeyeClient client)
    {
        var target = ConnectAddresses.GetTarget(_target);
        var count = parsed.GetValue(ConnectCommand.Sockets) ?? 1;
        if (!parsed.GetValue(ConnectCommand.Retry))
            return (await client.ConnectManyAsync(target, count), null);
        var loop = client.ReconnectAsync(target).GetAsyncEnumerator();
        await loop.MoveNextAsync();
        return count == 1
            ? ([loop.Current], loop)
            : ([loop.Current, .. await client.ConnectManyAsync(target, count - 1)], loop);
    }

    private async Task ExchangeAsync(IReadOnlyList<ConnectionContext> connections)
    {
        var receivers = connections.Select(connection => new InputReceiver(connection)).ToList();
        var pump = new InputPump(new(), new ConnectReceivers(receivers));
        pump.Start();
        await Task.WhenAll(receivers.Select(receiver => ExchangeAsync(receiver, pump)));
        await _output.CompleteAsync();
        _failures.Add(await pump.GetFailureAsync());
    }

    private async Task ExchangeAsync(InputReceiver receiver, InputPump pump)
    {
        await using (receiver.Connection)
        {
            await CopyToOutputAsync(receiver.Connection);
            await pump.WaitUntilSentAsync(receiver);
            await receiver.DetachAsync();
        }

        // An abort by this side has its own message.
        if (receiver.Connection.CloseReason is { IsOrderly: false } reason
            && pump.Failure is null && !_output.Broken.IsCancellationRequested)
        {
            var name = EndPointName.Format(receiver.Connection.RemoteEndPoint);
            lock (_failuresLock)
                _failures.Add($"{name}: {OptionNames.Describe(reason.Explanation)}");
        }
    }

    private async Task CopyToOutputAsync(ConnectionContext connection)
    {
        // As with "| head -1": the rest is not needed, so the peer need not send it.
        using var broken = _output.Broken.UnsafeRegister(
            _ => connection.Abort(CloseCause.Abort, "standard output cannot be written to"), null);
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
