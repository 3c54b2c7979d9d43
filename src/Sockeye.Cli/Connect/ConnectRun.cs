using System.CommandLine;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Sockeye.Linux;

namespace Sockeye.Cli;

/// <summary>One run of <c>sockeye connect</c>.</summary>
internal sealed class ConnectRun(ParseResult parsed)
{
    // A shorter wait than that of --retry: with a bound, a server that comes up late is not missed.
    private static readonly TimeSpan BoundedRetryDelay = TimeSpan.FromSeconds(1);

    private readonly ErrorLines _errors = new();
    private readonly EndPointText _target = parsed.GetRequiredValue(ConnectCommand.Target).EndPoints[0];
    private readonly Uri? _proxy = parsed.GetValue(ProxyOptions.Proxy);
    private WireCapture? _capture;

    public async Task<int> RunAsync()
    {
        List<string?> failures = [];
        _capture = CaptureOption.Open(parsed, _errors);
        try
        {
            if (parsed.GetValue(ConnectProtection.Certificates))
                return await ShowCertificatesAsync();
            if (parsed.GetValue(PortScan.Zero))
                return await ScanAsync();
            var (connections, loop) = await ConnectAsync();
            if (parsed.GetValue(TransportOptions.Trace) && connections[0].Tls is { } tls)
                _errors.WriteLine($"TLS: {TlsText.Describe(tls)}");
            await using (loop)
                failures.AddRange(await new ConnectExchange(parsed, StandardOutput.Instance).RunAsync(connections));
        }
        catch (Exception e) when (e is ConnectException or TlsException or ProxyException or PlatformNotSupportedException)
        {
            throw new CommandException(ExitCodes.Failed, $"{OptionNames.Describe(e)}.{TlsText.GetRemedy(e)}", e);
        }
        finally
        {
            failures.Add(await CaptureOption.CloseAsync(_capture, _errors));
        }

        return _errors.Report(failures);
    }

    /// <summary>Connects once to see the certificates, and once more for the answer of the usual check.</summary>
    private async Task<int> ShowCertificatesAsync()
    {
        var shown = new ShownCertificates();
        var target = GetTarget(_target);
        string tls;
        await using (var connection = await CreateClient(null, shown).ConnectAsync(target))
            tls = TlsText.DescribeProtocol(connection.Tls!);
        var refusal = "";
        try
        {
            await using var connection = await CreateClient(null).ConnectAsync(target);
        }
        catch (TlsException e)
        {
            refusal = $"{OptionNames.Describe(e)}.{TlsText.GetRemedy(e)}";
        }

        foreach (var line in CertificateReport.GetLines(shown, TimeProvider.System.GetUtcNow()).Append($"protocol: {tls}")
            .Append(refusal is "" ? "result: accepted" : $"result: refused: {refusal}"))
            Console.Out.WriteLine(PrintableText.Escape(line));
        return refusal is "" ? ExitCodes.Done : ExitCodes.Failed;
    }

    private async Task<int> ScanAsync()
    {
        var endpoints = parsed.GetRequiredValue(ConnectCommand.Target).EndPoints;
        var isVerbose = parsed.GetValue(PortScan.Verbose);
        if (endpoints.Count > 1)
        {
            var client = CreateClient(null);
            return await new PortScan(endpoint => client.ConnectAsync(GetTarget(endpoint)).AsTask(), isVerbose, _errors)
                .RunAsync(endpoints);
        }

        var start = TimeProvider.System.GetTimestamp();
        var (connections, loop) = await ConnectAsync();
        await using (loop)
        {
            foreach (var connection in connections)
            {
                if (isVerbose)
                    _errors.WriteLine(PortScan.Describe(connection, TimeProvider.System.GetElapsedTime(start)));
                await connection.DisposeAsync();
            }
        }

        return ExitCodes.Done;
    }

    private EndPoint GetTarget(EndPointText target)
    {
        var family = FamilyOptions.Get(parsed);
        return _proxy is null ? ConnectAddresses.GetTarget(target, family) : ProxyOptions.GetEndPoint(_proxy, family);
    }

    private SockeyeClient CreateClient(IPEndPoint? local, ShownCertificates? certificates = null)
    {
        var tunnel = _proxy is null ? null : ProxyOptions.CreateTunnel(parsed, _proxy, _target);
        var engine = parsed.GetValue(ConnectCommand.Engine) ?? LinuxEngine.Sockets;
        return new SockeyeClient(client =>
        {
            client.Transport = TransportOptions.CreateTransport(parsed, engine, new(), _errors);
            client.ConnectTimeout = parsed.GetValue(ConnectCommand.Timeout) ?? client.ConnectTimeout;
            client.LocalEndPoint = local;
            client.LoggerFactory = new ErrorLog(_errors, LogLevel.Warning);
            if (parsed.GetValue(ConnectCommand.RetryFor) is not null)
                client.Reconnect.MaxDelay = BoundedRetryDelay;
            new ConnectProtection(parsed).Apply(client, tunnel, certificates, _errors);
            if (_capture is not null)
                client.UseWireCapture(_capture);
        });
    }

    /// <summary>With --retry, the first connection belongs to a reconnect loop, which ends with it.</summary>
    private async Task<(IReadOnlyList<ConnectionContext> Connections, IAsyncDisposable? Loop)> ConnectAsync()
    {
        var target = GetTarget(_target);
        var locals = await ConnectAddresses.GetLocalsAsync(parsed, _target);
        var client = CreateClient(locals[0]);
        if (!parsed.GetValue(ConnectCommand.Retry) && parsed.GetValue(ConnectCommand.RetryFor) is null)
            return (await OpenAsync(client, target, locals), null);
        var loop = await OpenWithRetryAsync(client, target);
        return ([loop.Current, .. await OpenAsync(client, target, locals[1..])], loop);
    }

    /// <summary>Opens one connection for each local endpoint. They are equal, or each has another port.</summary>
    private async Task<IReadOnlyList<ConnectionContext>> OpenAsync(SockeyeClient client, EndPoint target, IPEndPoint?[] locals)
    {
        if (locals is not [{ Port: > 0 }, ..])
            return locals.Length == 0 ? [] : await client.ConnectManyAsync(target, locals.Length);
        List<ConnectionContext> connections = [];
        try
        {
            foreach (var local in locals)
                connections.Add(await CreateClient(local).ConnectAsync(target));
            return connections;
        }
        catch
        {
            foreach (var connection in connections)
                await connection.DisposeAsync();
            throw;
        }
    }

    private async Task<IAsyncEnumerator<ConnectionContext>> OpenWithRetryAsync(SockeyeClient client, EndPoint target)
    {
        var limit = parsed.GetValue(ConnectCommand.RetryFor);
        using var over = new CancellationTokenSource(limit ?? Timeout.InfiniteTimeSpan, TimeProvider.System);
        var loop = client.ReconnectAsync(target, over.Token).GetAsyncEnumerator();
        try
        {
            await loop.MoveNextAsync();
            return loop;
        }
        catch (OperationCanceledException e) when (over.IsCancellationRequested)
        {
            var last = e.InnerException is null ? "no answer" : OptionNames.Describe(e.InnerException);
            throw new CommandException(
                ExitCodes.Failed,
                $"gave up on {_target} after {QuantityText.FormatTime(limit!.Value)} ({ConnectCommand.RetryFor.Name}): {last}.",
                e);
        }
    }
}
