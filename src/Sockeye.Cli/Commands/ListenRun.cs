using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Sockeye.Admin;
using Sockeye.Linux;

namespace Sockeye.Cli;

/// <summary>One run of <c>sockeye listen</c>, from the first address to the summary.</summary>
internal sealed class ListenRun(ListenSettings settings)
{
    private readonly ErrorLines _errors = new();
    private readonly ListenStatistics _statistics = new(TimeProvider.System);

    public async Task<int> RunAsync()
    {
        // The trace and the log of the start follow the addresses, because scripts expect those on the first lines.
        _errors.Hold();
        try
        {
            return await ServeAsync();
        }
        catch (Exception e) when (e is IOException or AddressInUseException or PlatformNotSupportedException)
        {
            throw new CommandException(ExitCodes.Failed, e.Message, e);
        }
        catch (InvalidOperationException e)
        {
            // Two equal endpoints, or an invalid SOCKEYE_ENGINE.
            throw new CommandException(ExitCodes.WrongUse, e.Message, e);
        }
        finally
        {
            _errors.Release();
        }
    }

    private async Task<int> ServeAsync()
    {
        var output = StandardOutput.Instance;
        var once = settings.Once ? new OnceGate() : null;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(output.Broken, once?.Ended ?? CancellationToken.None);

        var sockets = new SocketTransportOptions
        {
            Backlog = settings.Backlog,
            OnStep = settings.Trace ? new TraceWriter(_errors).Write : null,
            UnsafePreferInlineScheduling = settings.Inline,
        };
        settings.Protection.Apply(sockets);
        var transport = new LinuxTransport(new() { Engine = settings.Engine, Sockets = sockets });
        var log = new ErrorLog(_errors, settings.Verbose || settings.Trace ? LogLevel.Information : LogLevel.Warning);
        var server = new SockeyeServerOptions { Transport = transport, LoggerFactory = log };
        if (settings.MaxConnections is { } most)
            server.MaxConnections = most;
        var (mode, relay) = ChooseMode();
        var capture = CaptureOption.Open(settings.Capture, _errors);
        foreach (var listen in await ListenAddresses.AddAsync(server, settings.EndPoints))
        {
            listen.Use(_statistics.CountAsync);
            if (once is not null)
                listen.Use(once.AdmitFirstAsync);
            if (settings.Protection.Tls is not null)
                listen.Use(ListenTls.ResetPlainTextAsync);
            settings.Protection.Apply(listen);
            if (settings.Protection.Tls is not null && (settings.Verbose || settings.Trace))
                listen.Use(LogTlsAsync);
            if (capture is not null)
                listen.UseWireCapture(capture);
            mode(listen);
        }

        var stop = await RunAsync(server, async started =>
        {
            var admin = await AdminOption.StartAsync(settings.Admin, started, log);
            _errors.Release(StartLines(started, transport, admin));
            return admin;
        }, end.Token);
        await _statistics.WhenAllClosedAsync();
        await (end.IsCancellationRequested ? output.CompleteAsync() : output.CompleteWithTimeoutAsync());
        var captureFailure = await CaptureOption.CloseAsync(capture, _errors);
        foreach (var line in _statistics.Summary(stop))
            _errors.WriteLine(line);
        return _errors.Report(
            output.Broken.IsCancellationRequested ? null : once?.Failure,
            relay is null ? null : await relay.GetInputFailureAsync(),
            captureFailure);
    }

    private static async Task<StopResult> RunAsync(
        SockeyeServerOptions options, Func<SockeyeServer, Task<SockeyeAdmin?>> onStarted, CancellationToken end)
    {
        SockeyeAdmin? admin = null;
        try
        {
            return await SockeyeServer.RunAsync(options, async started => admin = await onStarted(started), end);
        }
        finally
        {
            // Last: the page shows how connections drain.
            if (admin is not null)
                await admin.DisposeAsync();
        }
    }

    private IEnumerable<string> StartLines(SockeyeServer started, LinuxTransport transport, SockeyeAdmin? admin) =>
        started.EndPoints.Select(endpoint => $"listening on {EndPointName.Format(endpoint)}")
            .Append($"engine: {EngineNames.GetName(transport.Engine)} ({transport.EngineReason})")
            .Concat(settings.Protection.Tls?.Lines(started.EndPoints[0]) ?? [])
            .Concat(admin is null ? [] : [$"admin page: {admin.Url}"]);

    public Task LogTlsAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (connection.Tls is { } tls)
        {
            _errors.WriteLine(
                $"info: {connection.ConnectionId} {EndPointName.Format(connection.RemoteEndPoint)}: {TlsText.Describe(tls)}");
        }

        return next(connection);
    }

    private (Action<ListenOptions> Serve, RelayMode? Relay) ChooseMode()
    {
        if (settings.Echo)
            return (listen => listen.Run(EchoMode.RunAsync, "--echo"), null);
        if (settings.Exec is { } command)
            return (new ExecMode(command, _errors).Serve, null);
        if (settings.Chat)
            return (new ChatMode().Serve, null);
        var relay = new RelayMode(_errors);
        return (relay.Serve, relay);
    }
}
