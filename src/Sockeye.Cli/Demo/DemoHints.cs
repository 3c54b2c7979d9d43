using System.Globalization;

namespace Sockeye.Cli;

/// <summary>A command to try in another terminal, and its result.</summary>
/// <param name="Command">The command, with the real ports.</param>
/// <param name="Shows">The part of its output that belongs to the step.</param>
internal sealed record DemoHint(string Command, string Shows);

/// <summary>The commands to try at each step of <c>--step</c>, for the system that the demo runs on.</summary>
/// <param name="port">The port of the server.</param>
internal sealed class DemoHints(int port)
{
    private readonly string _process = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);

    /// <summary>Returns the commands for a scene; none for a scene that leaves nothing to see.</summary>
    public IReadOnlyList<DemoHint> Get(string scene) => scene switch
    {
        "socket()" => [new(Descriptors, "the process has one more descriptor, a socket; the next two calls have been made too")],
        "bind()" => [new(Listening, "its local address; the process is at the end of the line")],
        "listen()" =>
        [
            new(Listening, OperatingSystem.IsLinux()
                ? "LISTEN: Recv-Q is the number of clients that wait, Send-Q the size of their queue"
                : "the state is LISTEN"),
        ],
        "connect()" => [new(Both, "each end is a line: ESTABLISHED twice, although the server has not called accept()"), Queue],
        "send()" => [new(Both, "13 bytes wait in the receive queue of the server's end")],
        "accept()" => [new(Descriptors, "the new socket is one more descriptor"), Queue],
        "recv()" => [new(Both, "no bytes wait at either end")],
        "waiting" =>
        [
            new(Time, "run it twice: the CPU time does not grow"),
            new($"sockeye connect {port}", "accept() returns at once, and the demo returns each line that you type"),
        ],
        "shutdown()" => [new(Both, "the client is in FIN-WAIT-2, the server in CLOSE-WAIT: half-closed")],
        "close()" =>
        [
            new(TimeWait, OperatingSystem.IsWindows()
                ? "the client's end is left, in TIME_WAIT"
                : "the client's end is left, in TIME-WAIT; the timer runs from 60 s on Linux"),
        ],
        "abort" => [new(Both, "nothing of this connection is left: after RST there is no TIME-WAIT")],
        "1 : 1" =>
        [
            new($"sockeye connect {port} -n 3 --trace", "three sockets of one program, each with a local port; Ctrl+C ends it"),
        ],
        _ => [],
    };

    private DemoHint Queue => new(Listening, OperatingSystem.IsLinux()
        ? "Recv-Q of the listening socket: 1 before accept(), 0 after it"
        : "the listening socket has not changed");

    /// <summary>The filter of <c>ss</c> for the server's sockets. Other addresses may have the same port.</summary>
    private string OfServer => $"src 127.0.0.1:{port} or dst 127.0.0.1:{port}";

    private string Both => OperatingSystem.IsLinux() ? $"ss -tan '{OfServer}'" : All;

    private string Listening => OperatingSystem.IsLinux() ? $"ss -ltnp 'src 127.0.0.1:{port}'" : All;

    private string TimeWait =>
        OperatingSystem.IsLinux() ? $"ss -tano state time-wait '( {OfServer} )'" : All;

    private string All =>
        OperatingSystem.IsWindows() ? $"netstat -ano -p TCP | findstr :{port}" : $"netstat -anp tcp | grep {port}";

    private string Descriptors => OperatingSystem.IsLinux() ? $"ls -l /proc/{_process}/fd | grep socket"
        : OperatingSystem.IsWindows() ? $"Get-Process -Id {_process} | Select-Object Handles"
        : $"lsof -nP -i -a -p {_process}";

    private string Time => OperatingSystem.IsWindows()
        ? $"Get-Process -Id {_process} | Select-Object CPU"
        : $"ps -o pid,stat,time,args -p {_process}";
}
