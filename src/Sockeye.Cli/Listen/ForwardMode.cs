using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Sockeye.Cli;

/// <summary><c>--to</c>: relays each client to a server, over a connection for this client only.</summary>
internal sealed class ForwardMode
{
    /// <summary>The time that relays have to end by themselves after a stop.</summary>
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(2);

    private readonly SockeyeClient _client;
    private readonly EndPoint _server;
    private readonly ErrorLines _errors;

    public ForwardMode(ParseResult parsed, IConnectionFactory transport, ErrorLines errors)
    {
        var server = parsed.GetValue(To)!;
        _server = server.EndPoint ?? new DnsEndPoint(server.Host, server.Port);
        _errors = errors;
        _client = new(client =>
        {
            client.Transport = transport;
            client.LoggerFactory = new ErrorLog(errors, LogLevel.Warning);
            if (Tls.IsUsed(parsed))
                client.UseTls(tls => Tls.Configure(parsed, tls, errors));
        });
    }

    public static Option<EndPointText?> To { get; } = new("--to")
    {
        Description = "Relay each client to this server: host:80, 127.0.0.1:7000, [::1]:7000, 7000 or unix:/path.",
        HelpName = "endpoint",
        CustomParser = result => OptionFactory.ParseEndPoint(result, result.Tokens[0].Value, Validate, "--to: "),
    };

    public static IEnumerable<Option> All => [To, .. Tls.All];

    private static ClientTls Tls { get; } = new("--to-");

    public static void Validate(CommandResult result)
    {
        if (result.GetResult(To) is null)
            Tls.RejectAll(result, "is about the server that clients are relayed to: add --to ENDPOINT.");
        else
            Tls.Validate(result, isImplied: false);
    }

    public void Serve(ListenOptions listen) => listen.Run(RunAsync);

    private static string? Validate(EndPointText server) => server switch
    {
        { Kind: EndPointKind.Any } => $"{server} means every address of this machine: name the server.",
        { Kind: not EndPointKind.Unix, Port: 0 } => $"{server} has port 0, but a port to connect to is 1 to 65535.",
        _ => EndPoints.DescribeTargetProblem(server.EndPoint),
    };

    private async Task RunAsync(ConnectionContext connection)
    {
        if (await ConnectAsync(connection) is not { } server)
            return;
        await using (server)
        {
            using var over = new CancellationTokenSource();
            using var stop = connection.StopRequested.UnsafeRegister(_ => over.CancelAfter(StopTimeout), null);
            try
            {
                await connection.RelayAsync(server, over.Token);
            }
            catch (IOException)
            {
                Report(connection, server);
            }
            catch (OperationCanceledException) when (over.IsCancellationRequested)
            {
                // The relay has aborted both connections.
            }
        }
    }

    /// <summary>Returns null, and resets the client, if the server cannot be reached: FIN would look like an empty
    /// answer.</summary>
    private async Task<ConnectionContext?> ConnectAsync(ConnectionContext connection)
    {
        try
        {
            return await _client.ConnectAsync(_server, connection.ConnectionClosed);
        }
        catch (Exception e) when (e is ConnectException or TlsException)
        {
            // The names of options are those of the far side.
            var message = e is TlsException tls ? tls.Explanation.ToString(OptionNames.FindOfRelay) : OptionNames.Describe(e);
            _errors.WriteLine($"warning: {EndPointName.Format(connection.RemoteEndPoint)}: {message}");
            connection.Abort(CloseCause.Abort, $"the server of --to could not be reached: {message}");
        }
        catch (OperationCanceledException) when (connection.ConnectionClosed.IsCancellationRequested)
        {
            // The client has left.
        }

        return null;
    }

    /// <summary>Reports the server's end of a relay that broke there; that of the client is in the summary.</summary>
    private void Report(ConnectionContext connection, ConnectionContext server)
    {
        if (server.CloseReason is { IsOrderly: false, By: ClosedBy.Peer } reason)
        {
            _errors.WriteLine(
                $"warning: {EndPointName.Format(connection.RemoteEndPoint)}: {EndPointName.Format(server.RemoteEndPoint)}: "
                    + OptionNames.Describe(reason.Explanation));
        }
    }
}
