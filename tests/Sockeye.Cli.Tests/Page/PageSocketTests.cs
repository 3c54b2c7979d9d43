using System.Net;
using System.Text;
using System.Text.Json;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests.Page;

/// <summary>The data of the page is that of the kernel.</summary>
public sealed class PageSocketTests
{
    /// <summary>Starts the tool without the right to capture packets, which root gives up for it.</summary>
    private const string WithoutCapture =
        """if [ "$(id -u)" = 0 ]; then exec setpriv --bounding-set=-net_raw "$0" "$@"; fi; exec "$0" "$@" """;

    [Fact]
    public async Task Life_of_a_connection_is_that_which_ss_prints()
    {
        Programs.SkipUnlessLinux("ss");
        await using var tool = await PageTool.StartAsync();
        await tool.PressAsync("connect");
        var port = (await WaitForStatesAsync(tool, "ESTABLISHED", "ESTABLISHED")).GetProperty("port").GetInt32();
        Assert.Equal(["ESTAB", "ESTAB"], await GetStatesAsync(tool, port));

        Assert.Contains("13 bytes", await tool.PressAsync("send", port, "client"), StringComparison.Ordinal);
        await tool.WaitAsync(
            state => Calls(state, "client", "recv").Any(call => call.GetProperty("bytes").GetInt64() == 13), "the echo");
        await tool.PressAsync("end", port, "client");
        await WaitForStatesAsync(tool, "FIN-WAIT-2", "CLOSE-WAIT");
        Assert.Equal(["CLOSE-WAIT", "FIN-WAIT-2"], (await GetStatesAsync(tool, port)).Order());
        Assert.Contains("so that it cannot send", await tool.PressAsync("send", port, "client"), StringComparison.Ordinal);
        await tool.PressAsync("send", port, "server");
        await tool.PressAsync("end", port, "server");
        var ended = await WaitForStatesAsync(tool, "TIME-WAIT", "CLOSED");
        var timer = ended.GetProperty("client").GetProperty("socket");
        Assert.Equal("time-wait", timer.GetProperty("timer").GetString());
        Assert.InRange(timer.GetProperty("timeLeft").GetDouble(), 30, 60.5);
        Assert.Equal(["TIME-WAIT"], await GetStatesAsync(tool, port));
        Assert.Equal("This end of the server is not open.", await tool.PressAsync("end", port, "server"));
    }

    [Fact]
    public async Task Reset_leaves_no_socket()
    {
        await using var tool = await PageTool.StartAsync();
        foreach (var side in (string[])["client", "server"])
        {
            await tool.PressAsync("connect");
            var pair = await WaitForStatesAsync(tool, "ESTABLISHED", "ESTABLISHED");
            await tool.PressAsync("reset", pair.GetProperty("port").GetInt32(), side);
            await WaitForStatesAsync(tool, "CLOSED", "CLOSED");
        }
    }

    [Theory]
    [InlineData("client", "client"), InlineData("client", "server")]
    [InlineData("server", "client"), InlineData("server", "server")]
    public async Task Reset_after_one_FIN_closes_both_ends(string ending, string resetting)
    {
        await using var tool = await PageTool.StartAsync();
        await tool.PressAsync("connect");
        var port = (await WaitForStatesAsync(tool, "ESTABLISHED", "ESTABLISHED")).GetProperty("port").GetInt32();
        await tool.PressAsync("end", port, ending);
        var (client, server) = ending == "client" ? ("FIN-WAIT-2", "CLOSE-WAIT") : ("CLOSE-WAIT", "FIN-WAIT-2");
        await WaitForStatesAsync(tool, client, server);
        await tool.PressAsync("reset", port, resetting);

        await tool.WaitAsync(
            state => state.GetProperty("pairs").EnumerateArray().All(pair =>
                !pair.GetProperty("client").GetProperty("isOpen").GetBoolean()
                && !pair.GetProperty("server").GetProperty("isOpen").GetBoolean()),
            "both programs without the socket");
    }

    [Fact]
    public async Task Full_queue_overflows_and_is_emptied_when_the_server_accepts_again()
    {
        Programs.SkipUnlessLinux("a queue that can be read");
        await using var tool = await PageTool.StartAsync();
        await tool.PressAsync("fill");
        var full = await tool.WaitAsync(
            state => States(state, "client").Count(state => state == "SYN-SENT") == 2
                && state.GetProperty("listener").GetProperty("overflows").GetInt64() > 0, "an overflow");

        var listener = full.GetProperty("listener");
        Assert.True(listener.GetProperty("isPaused").GetBoolean());
        Assert.Equal(4, listener.GetProperty("queueDepth").GetInt32());
        Assert.Equal(3, listener.GetProperty("queueLimit").GetInt32());
        var ss = Encoding.ASCII.GetString(await Programs.RunAsync("ss", ["-Hltn", $"src {tool.Server}"], []));
        Assert.Equal(["LISTEN", "4", "3"], ss.Split(' ', StringSplitOptions.RemoveEmptyEntries)[..3]);
        Assert.All(full.GetProperty("pairs").EnumerateArray(), pair => Assert.False(pair.GetProperty("isAccepted").GetBoolean()));

        await tool.PressAsync("resume");
        await tool.WaitAsync(
            state => States(state, "client").Count(state => state == "ESTABLISHED") == 6
                && state.GetProperty("listener").GetProperty("queueDepth").GetInt32() == 0, "all of them accepted");
        await tool.PressAsync("reset-all");
        await tool.WaitAsync(state => States(state, "client").All(state => state == "CLOSED"), "all of them closed");
    }

    [Fact]
    public async Task Server_uses_no_cpu_while_it_waits()
    {
        Programs.SkipUnlessLinux("/proc");
        await using var tool = await PageTool.StartAsync();
        var state = await tool.WaitAsync(
            state => Threads(state).ToList() is { Count: > 0 } threads
                && threads.All(thread => thread.TryGetProperty("percent", out var percent) && percent.GetDouble() < 1),
            "a thread that sleeps");
        Assert.All(Threads(state), thread =>
        {
            Assert.Equal("sleeping", thread.GetProperty("state").GetString());
            var id = thread.GetProperty("id").GetInt32();
            Assert.True(Directory.Exists($"/proc/{tool.Process.Id}/task/{id}"));
        });
    }

    [Fact]
    public async Task Client_of_another_program_is_shown_and_served()
    {
        await using var tool = await PageTool.StartAsync();
        using var peer = await Peer.ConnectAsync(tool.Server);
        await peer.SendAsync("from outside");
        Assert.Equal("from outside", await peer.ReadAsync(12));
        var state = await tool.WaitAsync(state => state.GetProperty("pairs").GetArrayLength() == 1, "the client");
        var pair = state.GetProperty("pairs")[0];
        Assert.Equal("another program", pair.GetProperty("name").GetString());
        Assert.Equal($"{peer.Socket.LocalEndPoint}", pair.GetProperty("server").GetProperty("remote").GetString());
        Assert.False(pair.GetProperty("client").GetProperty("isOpen").GetBoolean());
        await tool.PressAsync("reset", pair.GetProperty("port").GetInt32(), "server");
        Assert.True(await peer.EndsWithResetAsync());
    }

    [Fact]
    public async Task Sockets_are_limited_with_a_message()
    {
        await using var tool = await PageTool.StartAsync();
        string said;
        var presses = 0;
        do
        {
            said = await tool.PressAsync("connect-many");
            presses++;
        }
        while (said.Contains("calls connect() 3 times", StringComparison.Ordinal));

        Assert.Equal(9, presses);
        Assert.Equal("At most 24 connections are open at a time: end some first.", said);
        var state = await tool.WaitAsync(
            state => States(state, "server").Count(state => state == "ESTABLISHED") == 24, "24 connections");
        var pairs = state.GetProperty("pairs").EnumerateArray().ToList();
        Assert.All(pairs, pair => Assert.Equal(
            pair.GetProperty("client").GetProperty("local").GetString(),
            pair.GetProperty("server").GetProperty("remote").GetString()));
        Assert.Equal(24, pairs.Select(pair => pair.GetProperty("client").GetProperty("local").GetString()).Distinct().Count());
    }

    [Fact]
    public async Task Without_the_right_to_capture_calls_prove_the_segments()
    {
        Programs.SkipUnlessLinux("capabilities");
        await using var tool = await PageTool.StartAsync(ToolProcess.StartUnder(WithoutCapture, "demo", "--page"));
        Assert.Contains("because this process may not capture packets", tool.Start, StringComparison.Ordinal);
        await tool.PressAsync("connect");
        var port = (await WaitForStatesAsync(tool, "ESTABLISHED", "ESTABLISHED")).GetProperty("port").GetInt32();
        await tool.PressAsync("send", port, "client");
        await tool.WaitAsync(state => Calls(state, "client", "recv").Any(), "the echo");
        await tool.PressAsync("end", port, "client");
        await WaitForStatesAsync(tool, "FIN-WAIT-2", "CLOSE-WAIT");
        await tool.PressAsync("reset", port, "server");
        var state = await WaitForAsync(tool, "RST, ACK");

        Assert.False(state.GetProperty("sources").GetProperty("hasPackets").GetBoolean());
        var segments = state.GetProperty("segments").EnumerateArray().ToList();
        Assert.Equal(
            [
                "client SYN", "server SYN, ACK", "client ACK", "client PSH, ACK", "server PSH, ACK", "client FIN, ACK",
                "server RST, ACK",
            ],
            segments.Select(segment => $"{(segment.GetProperty("isFromClient").GetBoolean() ? "client" : "server")} "
                + segment.GetProperty("flags").GetString()));
        Assert.All(segments, segment => Assert.NotEmpty(segment.GetProperty("proof").GetString()!));
    }

    private static Task<JsonElement> WaitForAsync(PageTool tool, string flags) => tool.WaitAsync(
        state => state.GetProperty("segments").EnumerateArray()
            .Any(segment => segment.GetProperty("flags").GetString() == flags), flags);

    /// <summary>Waits until the newest connection has these states.</summary>
    private static async Task<JsonElement> WaitForStatesAsync(PageTool tool, string client, string server)
    {
        var state = await tool.WaitAsync(
            state => States(state, "client").LastOrDefault() == client && States(state, "server").LastOrDefault() == server
                && (client != "ESTABLISHED" || IsReady(state.GetProperty("pairs").EnumerateArray().Last())),
            $"{client} and {server}");
        return state.GetProperty("pairs").EnumerateArray().Last();
    }

    /// <summary>Whether the process has both ends.</summary>
    private static bool IsReady(JsonElement pair) => pair.GetProperty("isAccepted").GetBoolean()
        && pair.GetProperty("client").GetProperty("isOpen").GetBoolean();

    private static IEnumerable<string> States(JsonElement state, string side) => state.GetProperty("pairs").EnumerateArray()
        .Select(pair => pair.GetProperty(side).GetProperty("state").GetString()!);

    private static IEnumerable<JsonElement> Calls(JsonElement state, string side, string function) =>
        state.GetProperty("calls").EnumerateArray().Where(call =>
            call.GetProperty("side").GetString() == side && call.GetProperty("function").GetString() == function);

    private static JsonElement.ArrayEnumerator Threads(JsonElement state) =>
        state.GetProperty("process").GetProperty("threads").EnumerateArray();

    private static async Task<string[]> GetStatesAsync(PageTool tool, int client)
    {
        var peer = new IPEndPoint(tool.Server.Address, client);
        var filter = $"( src {tool.Server} and dst {peer} ) or ( src {peer} and dst {tool.Server} )";
        var text = Encoding.ASCII.GetString(await Programs.RunAsync("ss", ["-Htan", filter], []));
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[0])];
    }
}
