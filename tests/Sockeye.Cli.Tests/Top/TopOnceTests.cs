using System.Text.Json;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests.Top;

/// <summary><c>sockeye top</c> without a screen.</summary>
public sealed class TopOnceTests
{
    [Fact]
    public async Task Json_is_one_object_of_all_listeners_and_connections()
    {
        await using var server = await ToolProcess.ListenAsync("--echo");
        using var peer = await Peer.ConnectAsync(server.EndPoint);
        await peer.SendAsync("hello");
        await peer.ReadAsync(5);

        var result = await ToolProcess.RunAsync(["top", "--once", "--json", "--interval", "100ms"]);

        Assert.Equal((0, []), (result.ExitCode, result.Errors.ToArray()));
        var all = JsonDocument.Parse(result.Text).RootElement;
        var listener = Find(all, "listeners", "local", $"{server.EndPoint}");
        var connection = all.GetProperty("connections").EnumerateArray().Single(
            each => each.GetProperty("local").GetString() == $"{server.EndPoint}"
                && each.GetProperty("remote").GetString() == $"{peer.Socket.LocalEndPoint}");
        Assert.Equal("ESTAB", connection.GetProperty("state").GetString());
        if (!OperatingSystem.IsLinux())
            return;
        Assert.Equal(0, listener.GetProperty("accept_queue").GetInt64());
        Assert.True(listener.GetProperty("backlog").GetInt64() > 0);
        Assert.Equal(server.Id, listener.GetProperty("pid").GetInt32());
        Assert.Equal(5, connection.GetProperty("received").GetInt64());
        Assert.Equal(0, connection.GetProperty("sent_per_second").GetDouble());
        Assert.True(connection.GetProperty("rtt_ms").GetDouble() > 0);
        Assert.Equal(server.Id, connection.GetProperty("pid").GetInt32());
    }

    [Fact]
    public async Task Pipe_gets_one_snapshot_as_text_with_every_column()
    {
        await using var server = await ToolProcess.ListenAsync("--echo");
        using var peer = await Peer.ConnectAsync(server.EndPoint);

        var result = await ToolProcess.RunAsync(["top", "--interval", "100ms", "--filter", $"lport={server.Port}"]);

        Assert.Equal(0, result.ExitCode);
        Assert.DoesNotContain('\e', result.Text);
        var lines = result.Text.ReplaceLineEndings("\n").Split('\n');
        var header = Assert.Single(lines, line => line.StartsWith("LOCAL", StringComparison.Ordinal));
        Assert.All(TopColumn.OfMachine, column => Assert.Contains(column.Title, header, StringComparison.Ordinal));
        Assert.Contains($"{peer.Socket.LocalEndPoint}", lines[Array.IndexOf(lines, header) + 1], StringComparison.Ordinal);
        Assert.Contains(lines, line => line.StartsWith($"{server.EndPoint} ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Server_shows_its_own_columns_by_its_admin_page()
    {
        await using var server = await ToolProcess.ListenAsync("--echo", "--admin", "127.0.0.1:0");
        var url = (await server.WaitForErrorAsync("admin page: ")).Split(": ", 2)[1];
        using var peer = await Peer.ConnectAsync(server.EndPoint);
        await peer.SendAsync("hello");
        await peer.ReadAsync(5);

        var json = JsonDocument.Parse(
            (await ToolProcess.RunAsync(["top", url, "--json", "--interval", "100ms"])).Text).RootElement;
        var text = (await ToolProcess.RunAsync(["top", url, "--once", "--interval", "100ms", "--filter", "received>4"])).Text;

        var connection = Find(json, "connections", "remote", $"{peer.Socket.LocalEndPoint}");
        Assert.Equal("open", connection.GetProperty("state").GetString());
        Assert.Equal(5, connection.GetProperty("received").GetInt64());
        Assert.NotEmpty(connection.GetProperty("id").GetString()!);
        Assert.Equal(1, Find(json, "listeners", "local", $"{server.EndPoint}").GetProperty("accepted").GetInt64());
        Assert.Contains("WAITS FOR", text, StringComparison.Ordinal);
        Assert.Contains($"{peer.Socket.LocalEndPoint}", text, StringComparison.Ordinal);
        Assert.Contains("0 wait for a handler, 0 reads paused, 0 sends blocked", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Port_without_an_admin_page_is_a_failure_that_names_the_URL()
    {
        await using var server = await ToolProcess.ListenAsync("--echo");
        var result = await ToolProcess.RunAsync(["top", $"{server.Port}", "--once"]);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains(result.Errors, line => line.Contains($"http://localhost:{server.Port}/", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(new[] { "top", "--filter", "port=x" }, "--filter: \"x\" is not a port from 0 to 65535.")]
    [InlineData(new[] { "top", "--sort", "color" }, "--sort: \"color\" is not a column to sort by. Write local, ")]
    [InlineData(new[] { "top", "7001", "--sort", "rtt" }, "--sort: \"rtt\" is not a column to sort by. Write id, ")]
    [InlineData(new[] { "top", "--interval", "10ms" }, "--interval: \"10ms\" is too short: the minimum is 100ms")]
    [InlineData(new[] { "top", "ftp://host" }, "is not the URL of an admin page")]
    public async Task Wrong_value_is_wrong_use(string[] arguments, string expected)
    {
        var result = await ToolProcess.RunAsync(arguments);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(result.Errors, line => line.Contains(expected, StringComparison.Ordinal));
    }

    private static JsonElement Find(JsonElement all, string list, string name, string value) =>
        all.GetProperty(list).EnumerateArray().Single(each => each.GetProperty(name).GetString() == value);
}
