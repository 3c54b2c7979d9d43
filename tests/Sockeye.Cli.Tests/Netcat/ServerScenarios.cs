using System.Net.Sockets;
using System.Text;
using Sockeye.Cli.Tests.Support;
using Scenario = (
    string Expected,
    System.Func<Sockeye.Cli.Tests.Netcat.NetcatRun, string, System.Threading.Tasks.Task<string>> Run);

namespace Sockeye.Cli.Tests.Netcat;

/// <summary>The tasks of servers.</summary>
internal static class ServerScenarios
{
    // A client that is not in for long may get few lines, so that the queue of the other one is not filled.
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(20);

    public static Dictionary<string, Scenario> All { get; } = new()
    {
        ["print what one client sends"] = ("0: from the client", PrintOneAsync),
        ["send a file to one client"] = ("got line 1\\nline 2\\n; 0", SendFileAsync),
        ["print what all clients send"] = ("onetwothree", PrintAllAsync),
        ["run a program for each client"] = ("hello\\n, abc\\n", AskTwiceAsync),
        ["run a shell command for each client"] = ("hello\\nEND\\n, abc\\nEND\\n", AskTwiceAsync),
        ["pass bytes between clients"] = ("all", PassAsync),
        ["pass lines between clients"] = ("all\\n", PassLinesAsync),
        ["relay to a server"] = ("hello, abc", RelayAsync),
        ["add TLS to a connection"] = ("hello, abc", RelayToTlsAsync),
        ["serve over TLS"] = ("0: hello\\n", ServeTlsAsync),
        ["serve only some networks"] = ("nothing", RefuseAsync),
        ["serve one client at a time"] = ("one: hello; two: nothing", LimitAsync),
        ["listen on a Unix socket"] = ("hello\\n", UnixAsync),
    };

    private static async Task<string> PrintOneAsync(NetcatRun run, string command)
    {
        var server = await run.ListenAsync(command);
        using (var client = await run.ConnectAsync())
        {
            await client.SendAsync("from the client");
            client.SendFin();
            await client.ReadToEndAsync();
        }

        return await server.EndAsync();
    }

    private static async Task<string> SendFileAsync(NetcatRun run, string command)
    {
        var server = await run.ListenAsync(command);
        using var client = await run.ConnectAsync();
        var got = await client.ReadToEndAsync();
        client.SendFin();
        return Escape($"got {got}; {(await server.EndAsync())[..1]}");
    }

    private static async Task<string> PrintAllAsync(NetcatRun run, string command)
    {
        var file = Path.Combine(run.Folder, "printed");
        await run.ListenAsync($"{command} > printed");
        var expected = "";
        foreach (var text in (string[])["one", "two", "three"])
        {
            using var client = await run.ConnectAsync();
            await client.SendAsync(text);
            client.SendFin();
            expected += text;
            // In this order only if each is printed before the next connects.
            while (new FileInfo(file).Length < expected.Length)
                await Task.Yield();
        }

        return await File.ReadAllTextAsync(file);
    }

    private static async Task<string> AskTwiceAsync(NetcatRun run, string command)
    {
        await run.ListenAsync(command);
        return Escape($"{await AskAsync(run, "hello\n")}, {await AskAsync(run, "abc\n")}");
    }

    private static async Task<string> PassAsync(NetcatRun run, string command)
    {
        await run.ListenAsync(command);
        using var one = await run.ConnectAsync();
        using var two = await run.ConnectAsync();
        // What is sent before the other client is in does not reach it.
        do
            await one.SendAsync(".\n");
        while (!two.Socket.Poll(Pace, SelectMode.SelectRead));
        await one.SendAsync("all\n");
        string line;
        while (!(line = await two.ReadLineAsync()).EndsWith("all", StringComparison.Ordinal))
            Assert.EndsWith(".", line, StringComparison.Ordinal);
        return line[^3..];
    }

    private static async Task<string> PassLinesAsync(NetcatRun run, string command) => await PassAsync(run, command) + "\\n";

    private static async Task<string> RelayAsync(NetcatRun run, string command)
    {
        await using var server = await ToolProcess.ListenAsync("--echo");
        run.SetPort(7001, server.Port);
        await run.ListenAsync(command);
        return $"{await EchoAsync(run, "hello")}, {await EchoAsync(run, "abc")}";
    }

    private static async Task<string> RelayToTlsAsync(NetcatRun run, string command)
    {
        await using var server = await ToolProcess.ListenAsync(
            "--echo", "--cert", run.Certificate.Certificate, "--key", run.Certificate.Key);
        run.SetPort(7001, server.Port);
        await run.ListenAsync(command);
        return $"{await EchoAsync(run, "hello")}, {await EchoAsync(run, "abc")}";
    }

    private static async Task<string> ServeTlsAsync(NetcatRun run, string command)
    {
        await run.ListenAsync(command);
        var client = run.Start("echo hello | sockeye connect localhost 7000 -4 --tls --ca ca.pem --no-shutdown");
        return Escape(await client.EndAsync());
    }

    private static async Task<string> RefuseAsync(NetcatRun run, string command)
    {
        await run.ListenAsync(command);
        return await AskOrNothingAsync(run);
    }

    private static async Task<string> LimitAsync(NetcatRun run, string command)
    {
        await run.ListenAsync(command);
        using var one = await run.ConnectAsync();
        await one.SendAsync("hello");
        var first = await one.ReadAsync(5);
        return $"one: {first}; two: {await AskOrNothingAsync(run)}";
    }

    private static async Task<string> UnixAsync(NetcatRun run, string command)
    {
        await run.ListenAsync(command);
        using var client = await Peer.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(run.Folder, "sock")));
        await client.SendAsync("hello\n");
        return Escape(await client.ReadToEndAsync());
    }

    private static async Task<string> EchoAsync(NetcatRun run, string text)
    {
        using var client = await run.ConnectAsync();
        await client.SendAsync(text);
        return await client.ReadAsync(text.Length);
    }

    /// <summary>Without a FIN, after which some of the other programs drop the answer.</summary>
    private static async Task<string> AskAsync(NetcatRun run, string text)
    {
        using var client = await run.ConnectAsync();
        await client.SendAsync(text);
        return await client.ReadToEndAsync();
    }

    private static async Task<string> AskOrNothingAsync(NetcatRun run)
    {
        try
        {
            return await AskAsync(run, "hello") is { Length: > 0 } answer ? answer : "nothing";
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown)
        {
            return "nothing";
        }
    }

    private static string Escape(string text) => new StringBuilder(text).Replace("\r", "\\r").Replace("\n", "\\n").ToString();
}
