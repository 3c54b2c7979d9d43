using System.CommandLine;
using Sockeye.Linux;

namespace Sockeye.Cli;

/// <summary><c>sockeye listen</c>: a server from the command line.</summary>
internal static class ListenCommand
{
    public const string Examples = """
        Examples:
          sockeye listen 7000                            print what arrives, send what is typed
          sockeye listen 7000 --echo                     send back what arrives
          sockeye listen '*:7000' unix:/tmp/s --echo     several endpoints
          sockeye listen 7000 --exec 'wc -c'             one process per client
          sockeye listen 7000 --echo --admin 7001        also serve a web page that shows the connections
          sockeye listen 7000 --chat --idle-timeout 5m   send each line to the other clients
          sockeye listen 7000 --once > file              serve one client, then exit
          sockeye listen 7000 --echo --engine epoll      select the engine on Linux; see sockeye doctor
          sockeye listen 7443 --echo --tls self-signed   TLS with a new certificate; prints its fingerprint
          sockeye listen '*:7443' --echo --cert server.pem --key server.key --max-per-address 20 --accept-rate 100
          sockeye listen 7443 --echo --proxy-protocol 10.0.0.0/8 --cert server.pem    behind a load balancer
          sockeye listen 7000 --echo --capture all.pcapng                    for Wireshark; see docs/capture.md

        Without a mode:
          Standard input is read while clients are connected, and goes to all of them; a client that does not read delays it.
          The end of standard input sends FIN to the clients that received some of it (so to none with </dev/null), and does not
          end the server. After a client's FIN, its connection ends when the rest of standard input is sent: all of a file, a
          pipe until it is silent for 5 s, and what was typed on a terminal.
        With --exec:
          The shell runs the command. The client's FIN ends the command's standard input; the end of its output is sent as FIN.
          SOCKEYE_REMOTE and SOCKEYE_LOCAL contain the addresses. After the client has disconnected, the command has some time
          to end before it is killed.
        With --chat:
          A line has at most 4,096 bytes. A client for which 1,024 lines wait is disconnected.

        Ctrl+C or SIGTERM stops accepting, finishes what has arrived, and prints a summary; a second one, at
        least 200 ms later, ends at once.
        Exit codes: 0 done, also if the reader of standard output has ended (| head -1); 1 failed (the address is in use, the
        engine cannot run here, with --once the connection broke, or something was not delivered: a full disk, input that was not
        sent completely, an incomplete capture); 2 wrong use.

        """;

    private static readonly Argument<EndPointText[]> EndPoints = new("endpoint")
    {
        Description = $"Where to listen: {EndPointText.Forms}. Port 0 takes a free port.",
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result =>
            [.. result.Tokens.Select(token => CommonOptions.EndPoint(result, token.Value, _ => null)).OfType<EndPointText>()],
    };

    private static readonly Option<bool> Echo = CommonOptions.CreateSwitch("--echo", "Send back what arrives.");

    private static readonly Option<string?> Exec = CommonOptions.Text(
        "--exec", "command", "Run this command for each client, with the socket as its standard input and output.");

    private static readonly Option<bool> Chat = CommonOptions.CreateSwitch("--chat", "Send each line to all other clients.");

    private static readonly Option<bool> Once = CommonOptions.CreateSwitch(
        "--once", "Serve one client, then exit; others are reset.");

    private static readonly Option<int?> Backlog = CommonOptions.Count(
        "--backlog", "Maximum number of finished handshakes that wait for accept. Default: the system's maximum.");

    private static readonly Option<int?> MaxConnections = CommonOptions.Count(
        "--max-connections", "Maximum number of open connections; further clients are reset. Default 100000.");

    private static readonly Option<LinuxEngine?> Engine = CommonOptions.Engine(
        "The engine: auto, io_uring, epoll or sockets. Default auto: the best that the system allows.");

    private static readonly Option<bool> Inline = CommonOptions.CreateSwitch(
        "--inline", "Handle data on the thread that received it: less work per message. Danger: "
        + "a client that blocks its handler then blocks all clients of that thread.");

    private static readonly Option<bool> Verbose = CommonOptions.CreateSwitch(
        "--verbose", "Print on standard error how each connection ended.", "-v");

    private static readonly Option<bool> Trace = CommonOptions.Trace();

    private static readonly Option<string?> Capture = CaptureOption.Create();

    private static readonly Option<EndPointText?> Admin = AdminOption.Create();

    public static Command Create()
    {
        var command = new Command("listen", "Listen for clients, and print, echo, run a command, or chat.")
        {
            EndPoints, Echo, Exec, Chat, Once, Backlog, MaxConnections, Engine, Inline, Verbose, Trace, Capture,
            Admin,
        };
        foreach (var option in ListenProtection.All)
            command.Add(option);
        command.Validators.Add(ListenTls.Validate);
        command.Validators.Add(result =>
        {
            Option[] modes = [Echo, Exec, Chat];
            var given = modes.Where(mode => result.GetResult(mode) is not null).Select(mode => mode.Name).ToList();
            if (given.Count > 1)
                result.AddError($"{string.Join(" and ", given)} exclude each other: choose one.");
        });
        command.SetAction(parsed => new ListenRun(new()
        {
            EndPoints = parsed.GetRequiredValue(EndPoints),
            Echo = parsed.GetValue(Echo),
            Exec = parsed.GetValue(Exec),
            Chat = parsed.GetValue(Chat),
            Once = parsed.GetValue(Once),
            Backlog = parsed.GetValue(Backlog),
            MaxConnections = parsed.GetValue(MaxConnections),
            Protection = new(parsed),
            Capture = parsed.GetValue(Capture),
            Admin = parsed.GetValue(Admin),
            Engine = parsed.GetValue(Engine) ?? LinuxEngine.Auto,
            Inline = parsed.GetValue(Inline),
            Verbose = parsed.GetValue(Verbose),
            Trace = parsed.GetValue(Trace),
        }).RunAsync());
        return command;
    }
}
