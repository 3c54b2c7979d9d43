using System.CommandLine;
using System.CommandLine.Parsing;
using Sockeye.Linux;

namespace Sockeye.Cli;

/// <summary><c>sockeye connect</c>: one client, or N, from the command line.</summary>
internal static class ConnectCommand
{
    public const string Examples = """
        Examples:
          echo hello | sockeye connect 7000          send a line and print the response
          sockeye connect example.org http --trace   see each step
          sockeye connect 7000 -n 3                  three sockets
          sockeye connect 7000 --local 127.0.0.1:5000
                                                     choose the local address and port
          sockeye connect 7000 --send-only < file    send a file, and discard answers
          sockeye connect 7000 --recv-only > file    without standard input
          sockeye connect -zv localhost 20-25,http   which ports are open
          sockeye connect -z localhost 7000 --retry-for 30s
                                                     wait for the server to come up
          sockeye connect example.org:443 --tls      TLS, and check the certificate
          sockeye connect example.org:443 --certificates
                                                     the chain, days left, the result
          sockeye connect 7443 --pin AB:CD:...       TLS, a self-signed certificate
          sockeye connect 7443 --tls --ca ca.pem --send-proxy v2
          sockeye connect example.org 80 --proxy socks5://127.0.0.1:1080
          sockeye connect 7000 --dump                the bytes, as hex and text

        Standard input goes to the socket, and its end sends FIN (half-close). Received
        data goes to standard output. After the peer's FIN, the rest of standard input
        is still sent: all of a file, a pipe until it is silent for 5 s (with
        --send-only, to its end), and what was typed on a terminal.
        All addresses of a host name are tried, IPv6 and IPv4 in turn (Happy Eyeballs,
        RFC 8305). A port may be the name of a service, as http.
        With -n, each socket gets all of standard input, and data from all sockets goes
        to standard output as it arrives.
        With -z:
          Nothing is sent. With several ports, the exit code is 0 if one is open.
        With --proxy:
          The proxy resolves the name of the server. With --tls, the certificate of the
          server is checked, not that of the proxy.

        Exit codes:
          0  done, also if the reader of standard output has ended (| head -1)
          1  failed: refused, reset, timed out, the certificate was refused, no port is
             open, or data was not delivered (a full disk, input that was not sent
             completely)
          2  wrong use

        """;

    // One client address does not have more ports.
    private const int MaxSockets = 65_535;

    public static Argument<ConnectTarget> Target { get; } = new("endpoint")
    {
        Description = "The server: 7000 (localhost), 127.0.0.1:7000, [::1]:7000, host:7000, host 7000, host:http or unix:/path.",
        Arity = new ArgumentArity(1, 2),
        CustomParser = ConnectTarget.Parse,
    };

    public static Option<int?> Sockets { get; } = OptionFactory.CreateCount(
        "-n", "The number of sockets to open. Default: 1.", MaxSockets, "--sockets");

    public static Option<EndPointText?> Local { get; } = new("--local")
    {
        Description = "The local address and port to connect from: bind() before connect(). Port 0: any free port. With -n, "
            + "this port and those that follow it.",
        HelpName = "endpoint",
        CustomParser = result => OptionFactory.ParseEndPoint(result, result.Tokens[0].Value, ValidateLocal),
    };

    public static Option<TimeSpan?> Timeout { get; } = OptionFactory.CreateDuration(
        "--timeout", "Maximum time for connecting: 500ms, 30s, 5m. Default: 10s.");

    public static Option<bool> Retry { get; } = OptionFactory.CreateSwitch(
        "--retry", "Try to connect until it succeeds, with growing delays up to 30 s, and report attempts on standard error.");

    public static Option<TimeSpan?> RetryFor { get; } = OptionFactory.CreateDuration(
        "--retry-for", "The same for at most this long, with delays up to 1 s: 500ms, 30s, 5m. Implies --retry.");

    public static Option<LinuxEngine?> Engine { get; } = TransportOptions.CreateEngine(
        $"The engine: {EngineNames.All}. Default: sockets, which starts fastest.");

    public static Command Create()
    {
        var command = new Command("connect", "Connect standard input and output to a server.")
        {
            Target, Sockets, Local, Timeout, Retry, RetryFor, PortScan.Zero, PortScan.Verbose, Engine, TransportOptions.Trace,
            TransportOptions.Dump, CaptureOption.Capture,
        };
        foreach (var option in (Option[])
            [.. InputOptions.All, .. FamilyOptions.All, .. ProxyOptions.All, .. ConnectProtection.All])
            command.Add(option);
        command.Validators.Add(InputOptions.Validate);
        command.Validators.Add(FamilyOptions.Validate);
        command.Validators.Add(ConnectProtection.Validate);
        command.Validators.Add(ProxyOptions.Validate);
        command.Validators.Add(ValidateScan);
        command.SetAction(parsed => new ConnectRun(parsed).RunAsync());
        return command;
    }

    private static void ValidateScan(CommandResult result)
    {
        var hasPorts = ConnectTarget.HasSeveralPorts(result.GetResult(Target));
        if (!result.GetValue(PortScan.Zero))
        {
            if (hasPorts)
                result.AddError("Several ports need -z, which connects to each and sends nothing: add it, or name one port.");
            if (result.GetValue(PortScan.Verbose))
                result.AddError("-v says what happened at each port of -z: add -z, or write --trace to see each step.");
            return;
        }

        InputOptions.RejectWith(result, "-z");
        foreach (var option in (Option[])[Sockets, Local, Retry, RetryFor, ProxyOptions.Proxy, ConnectProtection.Certificates])
        {
            if (hasPorts && result.IsGiven(option))
                result.AddError($"{option.Name} has no meaning with several ports: leave it out, or name one port.");
        }
    }

    private static string? ValidateLocal(EndPointText local) => local.Kind is EndPointKind.Unix
        ? $"--local {local}: the connecting end of a Unix socket has no address to choose."
        : EndPoints.DescribeSourceProblem(local.EndPoint);
}
