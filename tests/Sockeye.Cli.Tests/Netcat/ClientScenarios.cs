using System.Net;
using System.Net.Sockets;
using System.Text;
using Sockeye.Cli.Tests.Support;
using Scenario = (
    string Expected,
    System.Func<Sockeye.Cli.Tests.Netcat.NetcatRun, string, System.Threading.Tasks.Task<string>> Run);

namespace Sockeye.Cli.Tests.Netcat;

/// <summary>The tasks of clients.</summary>
internal static class ClientScenarios
{
    public static Dictionary<string, Scenario> All { get; } = new()
    {
        ["send and print the answer"] = ("got hi\\n; 0: answer", AnswerAsync),
        ["send a file"] = ("got line 1\\nline 2\\n; 0: ", (run, command) => AnswerAsync(run, command, "")),
        ["receive only"] = ("0: answer", ReceiveAsync),
        ["send no FIN"] = ("no FIN; 0: answer", SendNoFinAsync),
        ["leave after the input"] = ("got hi\\n; 0", LeaveAsync),
        ["send CR LF"] = ("got a\\r\\nb\\r\\n; 0: answer", AnswerAsync),
        ["see whether a port is open"] = ("0, then 1", ScanAsync),
        ["find the open ports of a range"] = ("0: 1\\n", ScanRangeAsync),
        ["give up without an answer"] = ("1: ", GiveUpAsync),
        ["choose the source port"] = ("got hi\\n from the port; 0: answer", SourcePortAsync),
        ["use IPv4 only"] = ("got hi\\n; 0: answer", AnswerAsync),
        ["connect to a Unix socket"] = ("got hi\\n; 0: answer", UnixAsync),
        ["use an HTTP proxy"] = ("0: answer", (run, command) => ProxyAsync(
            run, command, "ncat -l -k --proxy-type http 127.0.0.1 7002")),
        ["use a SOCKS 5 proxy"] = ("0: answer", (run, command) => ProxyAsync(
            run, command, "microsocks -i 127.0.0.1 -p 7002")),
        ["connect over TLS"] = ("0: hi\\n", TlsAsync),
        ["see the bytes"] = ("68 69 0a; 61 6e 73 77 65 72", DumpAsync),
    };

    private static Task<string> AnswerAsync(NetcatRun run, string command) => AnswerAsync(run, command, "answer");

    private static async Task<string> AnswerAsync(NetcatRun run, string command, string answer)
    {
        using var server = Listen(run);
        var client = run.Start(command);
        using var peer = await AcceptAsync(server);
        var got = await peer.ReadToEndAsync();
        if (answer is not "")
            await peer.SendAsync(answer);
        peer.Dispose();
        return Escape($"got {got}; {await client.EndAsync()}");
    }

    private static async Task<string> ReceiveAsync(NetcatRun run, string command)
    {
        using var server = Listen(run);
        var client = run.Start(command);
        using (var peer = await AcceptAsync(server))
            await peer.SendAsync("answer");
        return await client.EndAsync();
    }

    private static async Task<string> SendNoFinAsync(NetcatRun run, string command)
    {
        using var server = Listen(run);
        var client = run.Start(command);
        using var peer = await AcceptAsync(server);
        Assert.Equal("hi\n", await peer.ReadAsync(3));
        await peer.SendAsync("answer");
        // The end of the input came before: a FIN would have arrived with the data, or soon after it.
        var hasFin = peer.Socket.Poll(TimeSpan.FromMilliseconds(300), SelectMode.SelectRead) && peer.Socket.Available == 0;
        peer.Dispose();
        return $"{(hasFin ? "FIN" : "no FIN")}; {await client.EndAsync()}";
    }

    private static async Task<string> LeaveAsync(NetcatRun run, string command)
    {
        using var server = Listen(run);
        var client = run.Start(command);
        using var peer = await AcceptAsync(server);
        var got = await peer.ReadToEndAsync();
        // The peer stays open, and the client ends.
        return Escape($"got {got}; {(await client.EndAsync())[..1]}");
    }

    private static async Task<string> ScanAsync(NetcatRun run, string command)
    {
        string open;
        using (var server = Listen(run))
            open = await run.Start(command).EndAsync();
        return $"{open[..1]}, then {(await run.Start(command).EndAsync())[..1]}";
    }

    private static async Task<string> ScanRangeAsync(NetcatRun run, string command)
    {
        // Three ports of which the test has all, and listens on one.
        for (var candidate = 20_000 + (Environment.ProcessId % 1000 * 10); ; candidate += 3)
        {
            var first = run.GetPort(7000);
            using var one = Bind(first);
            using var two = Bind(first + 1);
            using var three = Bind(first + 2);
            if (one is null || two is null || three is null)
            {
                run.SetPort(7000, candidate);
                continue;
            }

            run.SetPort(7002, first + 2);
            two.Listen();
            return Escape(await run.Start(command).EndAsync());
        }
    }

    private static async Task<string> GiveUpAsync(NetcatRun run, string command)
    {
        // A backlog of 1 accepts two connections; the third handshake is not answered.
        using var full = Bind(run.GetPort(7000))!;
        full.Listen(1);
        using var one = await run.ConnectAsync();
        using var two = await run.ConnectAsync();
        return await run.Start(command).EndAsync();
    }

    private static async Task<string> SourcePortAsync(NetcatRun run, string command)
    {
        using var server = Listen(run);
        var client = run.Start(command);
        using var peer = await AcceptAsync(server);
        var got = await peer.ReadToEndAsync();
        var isPort = ((IPEndPoint)peer.Socket.RemoteEndPoint!).Port == run.GetPort(7001);
        await peer.SendAsync("answer");
        peer.Dispose();
        return Escape($"got {got} from {(isPort ? "the" : "another")} port; {await client.EndAsync()}");
    }

    private static async Task<string> UnixAsync(NetcatRun run, string command)
    {
        using var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        server.Bind(new UnixDomainSocketEndPoint(Path.Combine(run.Folder, "sock")));
        server.Listen();
        var client = run.Start(command);
        using var peer = await AcceptAsync(server);
        var got = await peer.ReadToEndAsync();
        await peer.SendAsync("answer");
        peer.Dispose();
        return Escape($"got {got}; {await client.EndAsync()}");
    }

    private static async Task<string> ProxyAsync(NetcatRun run, string command, string proxy)
    {
        Programs.SkipUnlessThere(proxy.Split(' ')[0]);
        run.SetPort(7000, run.GetPort(7002));
        await run.ListenAsync(proxy);
        using var server = Bind(0)!;
        server.Listen();
        run.SetPort(7000, ((IPEndPoint)server.LocalEndPoint!).Port);
        var client = run.Start(command);
        using (var peer = await AcceptAsync(server))
            await peer.SendAsync("answer");
        return await client.EndAsync();
    }

    private static async Task<string> TlsAsync(NetcatRun run, string command)
    {
        await using var server = await ToolProcess.ListenAsync(
            "--echo", "--cert", run.Certificate.Certificate, "--key", run.Certificate.Key);
        run.SetPort(7000, server.Port);
        return Escape(await run.Start(command).EndAsync());
    }

    private static async Task<string> DumpAsync(NetcatRun run, string command)
    {
        using var server = Listen(run);
        var client = run.Start(command);
        using (var peer = await AcceptAsync(server))
        {
            await peer.ReadToEndAsync();
            await peer.SendAsync("answer");
        }

        var text = await client.EndAsync();
        return string.Join("; ", ((string[])["68 69 0a", "61 6e 73 77 65 72"]).Where(
            bytes => text.Contains(bytes, StringComparison.OrdinalIgnoreCase)));
    }

    private static Socket Listen(NetcatRun run)
    {
        var server = Bind(run.GetPort(7000))!;
        server.Listen();
        return server;
    }

    private static Socket? Bind(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return socket;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressAlreadyInUse)
        {
            socket.Dispose();
            return null;
        }
    }

    private static async Task<Peer> AcceptAsync(Socket server)
    {
        using var timeout = new CancellationTokenSource(ToolProcess.DefaultTimeout, TimeProvider.System);
        return new(await server.AcceptAsync(timeout.Token));
    }

    private static string Escape(string text) => new StringBuilder(text).Replace("\r", "\\r").Replace("\n", "\\n").ToString();
}
