using System.CommandLine;
using Sockeye.Linux;

namespace Sockeye.Cli;

/// <summary><c>sockeye connect</c>: one client, or N, from the command line.</summary>
internal static class ConnectCommand
{
    public const string Examples = """
        Examples:
          echo hello | sockeye connect 7000          send a line and print the response
          sockeye connect example.org:80 --trace     see each step
          sockeye connect 7000 -n 3                  three sockets
          sockeye connect 7000 --local 127.0.0.1:5000
                                                     choose the local address and port
          sockeye connect 7000 --retry               wait for the server to come up
          sockeye connect example.org:443 --tls      TLS, and check the certificate
          sockeye connect 7443 --pin AB:CD:...       TLS, a self-signed certificate
          sockeye connect 7443 --tls --ca ca.pem --send-proxy v2

        Standard input goes to the socket, and its end sends FIN (half-close). Received
        data goes to standard output. After the peer's FIN, the rest of standard input
        is still sent: all of a file, a pipe until it is silent for 5 s, and what was
        typed on a terminal.
        All addresses of a host name are tried, IPv6 and IPv4 in turn (Happy Eyeballs,
        RFC 8305).
        With -n, each socket gets all of standard input, and data from all sockets goes
        to standard output as it arrives.

        Exit codes:
          0  done, also if the reader of standard output has ended (| head -1)
          1  failed: refused, reset, timed out, the certificate was refused, or data was
             not delivered (a full disk, input that was not sent completely)
          2  wrong use

        """;

    // One client address does not have more ports.
    private const int MaxSockets = 65_535;

    public static Argument<EndPointText> Target { get; } = new("endpoint")
    {
        Description = "The server: 7000 (localhost), 127.0.0.1:7000, [::1]:7000, host:7000 or unix:/path.",
        CustomParser = result => OptionFactory.ParseEndPoint(result, result.Tokens[0].Value, ValidateTarget),
    };

    public static Option<int?> Sockets { get; } = OptionFactory.CreateCount(
        "-n", "The number of sockets to open. Default: 1.", MaxSockets, "--sockets");

    public static Option<EndPointText?> Local { get; } = new("--local")
    {
        Description = "The local address and port to connect from: bind() before connect(). Port 0: any free port.",
        HelpName = "endpoint",
        CustomParser = result => OptionFactory.ParseEndPoint(result, result.Tokens[0].Value, ValidateLocal),
    };

    public static Option<TimeSpan?> Timeout { get; } = OptionFactory.CreateDuration(
        "--timeout", "Maximum time for connecting: 500ms, 30s, 5m. Default: 10s.");

    public static Option<bool> Retry { get; } = OptionFactory.CreateSwitch(
        "--retry", "Try to connect until it succeeds, with growing delays up to 30 s, and report attempts on standard error.");

    public static Option<LinuxEngine?> Engine { get; } = TransportOptions.CreateEngine(
        $"The engine: {EngineNames.All}. Default: sockets, which starts fastest.");

    public static Command Create()
    {
        var command = new Command("connect", "Connect standard input and output to a server.")
        {
            Target, Sockets, Local, Timeout, Retry, Engine, TransportOptions.Trace, CaptureOption.Capture,
        };
        foreach (var option in ConnectProtection.All)
            command.Add(option);
        command.Validators.Add(ConnectProtection.Validate);
        command.SetAction(parsed => new ConnectRun(parsed).RunAsync());
        return command;
    }

    private static string? ValidateTarget(EndPointText target) => target switch
    {
        { Kind: EndPointKind.Any } =>
            $"{target} means every address of this machine, which only listen can use: name one to connect to.",
        { Kind: not EndPointKind.Unix, Port: 0 } =>
            $"{target} has port 0, which only listen can use: a port to connect to is 1 to 65535.",
        _ => EndPoints.DescribeTargetProblem(target.EndPoint),
    };

    private static string? ValidateLocal(EndPointText local) => local.Kind is EndPointKind.Unix
        ? $"--local {local}: the connecting end of a Unix socket has no address to choose."
        : EndPoints.DescribeSourceProblem(local.EndPoint);
}
