using System.CommandLine;
using Sockeye.Linux;

namespace Sockeye.Cli;

/// <summary><c>sockeye listen</c>: a server from the command line.</summary>
internal static class ListenCommand
{
    public const string Examples = """
        Examples:
          sockeye listen 7000                          print received data, send input
          sockeye listen 7000 --echo                   send back received data
          sockeye listen '*:7000' unix:/tmp/s --echo   several endpoints
          sockeye listen 7000 --exec 'wc -c'           one process per client
          sockeye listen 7000 --sh-exec 'read x; echo "you said $x"'
                                                       one shell per client
          sockeye listen 7000 --to example.org:80      relay to a server
          sockeye listen 7000 --to example.org:443 --to-tls
                                                       and add TLS
          sockeye listen 7000 --broker                 pass bytes between clients
          sockeye listen 7000 --echo --admin 7001      with a page for the connections
          sockeye listen 7000 --discard                drop received data (--generate
                                                       sends): for sockeye bench
          sockeye listen 7000 --chat --idle-timeout 5m
                                                       send each line to other clients
          sockeye listen 7000 --once > file            serve one client, then exit
          sockeye listen 7000 --once --send-only < file
                                                       send a file to one client
          sockeye listen 7000 --echo --engine epoll    select the engine on Linux (see
                                                       sockeye doctor)
          sockeye listen 7443 --echo --tls self-signed
                                                       TLS with a new certificate
          sockeye listen '*:7443' --echo --cert server.pem --key server.key \
              --max-per-address 20 --accept-rate 100   TLS, and limits
          sockeye listen 7443 --echo --cert server.pem --proxy-protocol 10.0.0.0/8
                                                       TLS behind a load balancer
          sockeye listen 7000 --echo --capture all.pcapng
                                                       for Wireshark
          sockeye listen 7000 --echo --takeover ~/.run/echo.sock
                                                       again, to upgrade without a gap

        Without a mode:
          Standard input is read while clients are connected, and goes to all of them. A
          client that does not read delays it. The end of standard input sends FIN to
          the clients that received some of it (with </dev/null, to none), and does not
          end the server. After a client's FIN, its connection ends when the rest of
          standard input is sent: all of a file, a pipe until it is silent for 5 s
          (with --once and --send-only, to its end), and what was typed on a terminal.
        With --exec and --sh-exec:
          --exec starts a program; --sh-exec runs a command of the shell, with pipes and
          variables. The client's FIN ends the command's standard input; the end of its
          output is sent as FIN. SOCKEYE_REMOTE and SOCKEYE_LOCAL contain the addresses.
          After the client has disconnected, the command has 2 s to end before it is
          killed.
        With --to:
          FIN passes in both directions, and one direction may end before the other. If
          one side is reset, so is the other. After a stop, relays have 2 s to end.
        With --broker:
          Nothing is dropped: a client that does not read delays those that send.
        With --takeover:
          The first process makes a socket at the path, in a folder that only its user
          can write. The next one with the same path gets the listening sockets; then
          the first one lets its clients finish for 5 s, and exits with 0.
        With --chat:
          A line has at most 4,096 bytes. A client for which 1,024 lines wait is
          disconnected.

        Under systemd:
          Sockets that systemd passes are used for the endpoints of their addresses, and
          a unit of Type=notify gets its notifications (docs/systemd.md):
          systemd-socket-activate -l 7000 sockeye listen '*:7000' --echo

        Ctrl+C or SIGTERM stops accepting, finishes what has arrived, and prints a
        summary. A second one, at least 200 ms later, ends at once.

        Exit codes:
          0  done, also if the reader of standard output has ended (| head -1)
          1  failed: the address is in use, the engine cannot run here, with --once the
             connection broke, or data was not delivered (a full disk, input that was
             not sent completely, an incomplete capture)
          2  wrong use

        """;

    public static Argument<EndPointText[]> EndPoints { get; } = new("endpoint")
    {
        Description = $"Where to listen: {EndPointText.Forms}. Port 0 takes a free port.",
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result =>
        [
            .. EndPointArguments.JoinPairs([.. result.Tokens.Select(token => token.Value)])
                .Select(text => OptionFactory.ParseEndPoint(result, text, _ => null))
                .OfType<EndPointText>(),
        ],
    };

    public static Option<bool> Once { get; } = OptionFactory.CreateSwitch(
        "--once", "Serve one client, then exit. Other clients are reset.");

    public static Option<int?> Backlog { get; } = OptionFactory.CreateCount(
        "--backlog", "Maximum number of finished handshakes that wait for accept. Default: the system's maximum.");

    public static Option<int?> MaxConnections { get; } = OptionFactory.CreateCount(
        "--max-connections", "Maximum number of open connections. Further clients are reset. Default: 100000.");

    public static Option<LinuxEngine?> Engine { get; } = TransportOptions.CreateEngine(
        $"The engine: {EngineNames.All}. Default: auto, the best that the system allows.");

    public static Option<bool> Inline { get; } = OptionFactory.CreateSwitch(
        "--inline",
        "Handle data on the thread that received it: less work per message. Danger: a client that blocks its handler then "
            + "blocks all clients of that thread.");

    public static Option<string?> Takeover { get; } = OptionFactory.CreateText(
        "--takeover", "path",
        "Take over from the process that serves with this path, and hand over to the next one. Linux only.");

    public static Option<bool> Verbose { get; } = OptionFactory.CreateSwitch(
        "--verbose", "Print on standard error how each connection ended.", "-v");

    public static Command Create()
    {
        var command = new Command("listen", "Listen for clients, and print, echo, relay, run a command, or chat.")
        {
            EndPoints, Once, Backlog, MaxConnections, Engine, Inline, Takeover, Verbose, TransportOptions.Trace,
            TransportOptions.Dump,
            CaptureOption.Capture, AdminOption.Admin,
        };
        foreach (var option in (Option[])[.. ListenModes.All, .. InputOptions.All, .. FamilyOptions.All, .. ListenProtection.All])
            command.Add(option);
        command.Validators.Add(ListenModes.Validate);
        command.Validators.Add(InputOptions.Validate);
        command.Validators.Add(FamilyOptions.Validate);
        command.Validators.Add(ListenTls.Validate);
        command.SetAction(parsed => new ListenRun(parsed).RunAsync());
        return command;
    }
}
