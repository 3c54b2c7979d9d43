using System.CommandLine;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Sockeye.Admin;
using Sockeye.Linux;

namespace Sockeye.Cli;

/// <summary>One run of <c>sockeye listen</c>, from the first address to the summary.</summary>
internal sealed class ListenRun(ParseResult parsed)
{
    private readonly ErrorLines _errors = new();
    private readonly StandardOutput _output = StandardOutput.Instance;
    private readonly ListenStatistics _statistics = new(TimeProvider.System);
    private readonly ListenProtection _protection = new(parsed);
    private readonly OnceGate? _once = parsed.GetValue(ListenCommand.Once) ? new() : null;
    private readonly bool _isVerbose = parsed.GetValue(ListenCommand.Verbose) || parsed.GetValue(TransportOptions.Trace);
    private RelayMode? _relay;
    private DumpWriter? _dump;

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
            throw new CommandException(ExitCodes.WrongUse, e.Message, e); // Two endpoints are equal.
        }
        finally
        {
            _errors.Release();
        }
    }

    private async Task<int> ServeAsync()
    {
        _relay = ListenModes.IsGiven(parsed) ? null : new(parsed, _errors);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(
            _output.Broken, _once?.Ended ?? CancellationToken.None, _relay?.Quit ?? CancellationToken.None);
        var endpoints = parsed.GetRequiredValue(ListenCommand.EndPoints);
        _protection.ThrowIfAddressless(endpoints);
        var transport = CreateTransport();
        var log = new ErrorLog(_errors, _isVerbose ? LogLevel.Information : LogLevel.Warning);
        var server = new SockeyeServerOptions { Transport = transport, LoggerFactory = log }.UseSystemdSockets();
        server.MaxConnections = parsed.GetValue(ListenCommand.MaxConnections) ?? server.MaxConnections;
        if (parsed.GetValue(ListenCommand.Takeover) is { } path)
            UseTakeover(server, path);
        var capture = CaptureOption.Open(parsed, _errors);
        var pipeline = CreatePipeline(transport, capture);
        foreach (var listen in await ListenAddresses.AddAsync(server, endpoints, FamilyOptions.Get(parsed)))
            pipeline.AddTo(listen);

        var stop = await RunAsync(server, async started =>
        {
            var admin = await AdminOption.StartAsync(parsed, started, log);
            foreach (var endpoint in _isVerbose ? started.EndPoints : [])
                _errors.WriteLine($"info: Listening on {EndPointName.Format(endpoint)}: {pipeline}.");
            _errors.Release(GetStartLines(started, transport, admin));
            _ = _relay?.QuitAfterInputAsync();
            return admin;
        }, end.Token);
        await _statistics.WhenAllEndedAsync();
        await (end.IsCancellationRequested ? _output.CompleteAsync() : _output.CompleteWithTimeoutAsync());
        var captureFailure = await CaptureOption.CloseAsync(capture, _errors);
        foreach (var line in _statistics.GetSummary(stop))
            _errors.WriteLine(line);
        return _errors.Report(
            _output.Broken.IsCancellationRequested ? null : _once?.Failure,
            _relay is null ? null : await _relay.GetInputFailureAsync(),
            captureFailure);
    }

    private static async Task<StopResult> RunAsync(
        SockeyeServerOptions options, Func<SockeyeServer, Task<SockeyeAdmin?>> onStarted, CancellationToken end)
    {
        SockeyeAdmin? admin = null;
        using var systemd = SystemdNotifier.FromEnvironment();
        SystemdReporter? reporter = null;
        using var signals = systemd is null ? null : PosixSignalRegistration.Create(
            PosixSignal.SIGTERM, _ =>
            {
                if (reporter is not { IsTakenOver: true })
                    systemd.Stopping();
            });
        try
        {
            return await SockeyeServer.RunAsync(
                options,
                async started =>
                {
                    admin = await onStarted(started);
                    systemd?.Ready();
                    reporter = systemd is null ? null : new(systemd, () => [started]);
                },
                end);
        }
        finally
        {
            if (reporter is not null)
                await reporter.DisposeAsync();
            // Last: the page shows how connections drain.
            if (admin is not null)
                await admin.DisposeAsync();
        }
    }

    private static void UseTakeover(SockeyeServerOptions server, string path)
    {
        try
        {
            server.UseTakeover(path);
        }
        catch (ArgumentException e)
        {
            throw new CommandException(ExitCodes.WrongUse, e.Message, e);
        }
    }

    private LinuxTransport CreateTransport()
    {
        var sockets = new SocketTransportOptions
        {
            Backlog = parsed.GetValue(ListenCommand.Backlog),
            UnsafePreferInlineScheduling = parsed.GetValue(ListenCommand.Inline),
        };
        var engine = parsed.GetValue(ListenCommand.Engine) ?? LinuxEngine.Auto;
        return TransportOptions.CreateTransport(parsed, engine, sockets, _errors);
    }

    private ListenPipeline CreatePipeline(LinuxTransport transport, WireCapture? capture)
    {
        var pipeline = new ListenPipeline(parsed);
        pipeline.Add("summary", listen => listen.Use(_statistics.CountAsync));
        if (_once is not null)
            pipeline.Add(ListenCommand.Once.Name, listen => listen.Use(_once.AdmitFirstAsync));
        _protection.AddTo(pipeline);
        if (_protection.Tls is not null && _isVerbose)
            pipeline.Add("log of TLS", listen => listen.Use(LogTlsAsync));
        if (capture is not null)
            pipeline.Add(CaptureOption.Capture, listen => listen.UseWireCapture(capture));
        if (parsed.GetValue(TransportOptions.Dump))
            pipeline.Add(TransportOptions.Dump.Name, listen => listen.Use(DumpAsync));
        if (_relay is not null)
            pipeline.Add("print and send", _relay.Serve);
        else
            ListenModes.AddTo(pipeline, parsed, transport, _errors);
        return pipeline;
    }

    private IEnumerable<string> GetStartLines(SockeyeServer started, LinuxTransport transport, SockeyeAdmin? admin) =>
        started.EndPoints.Select(endpoint => $"listening on {EndPointName.Format(endpoint)}")
            .Append($"engine: {EngineNames.GetName(transport.Engine)} ({transport.EngineReason})")
            .Concat(_protection.Tls?.GetLines(started.EndPoints[0]) ?? [])
            .Concat(admin is null ? [] : [$"admin page: {admin.Url}"]);

    private Task DumpAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        (_dump ??= new(_errors)).Attach(connection);
        return next(connection);
    }

    private Task LogTlsAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (connection.Tls is { } tls)
        {
            _errors.WriteLine(
                $"info: {connection.ConnectionId} {EndPointName.Format(connection.RemoteEndPoint)}: {TlsText.Describe(tls)}");
        }

        return next(connection);
    }
}
