using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests;

/// <summary>Two processes of the tool, of which the second one takes over from the first one.</summary>
public sealed class ListenTakeoverTests : IDisposable
{
    private readonly DirectoryInfo _folder;

    public ListenTakeoverTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Processes pass sockets to each other on Linux.");
        _folder = Directory.CreateTempSubdirectory("sockeye-");
    }

    private string Takeover => Path.Combine(_folder.FullName, "t");

    public void Dispose() => _folder?.Delete(recursive: true);

    [Fact]
    public async Task Second_process_takes_over_and_the_first_one_ends_with_0_when_its_clients_have_finished()
    {
        await using var first = await ToolProcess.ListenAsync("--echo", "--takeover", Takeover);
        using var client = await Peer.ConnectAsync(first.EndPoint);
        await client.SendAsync("one");
        Assert.Equal("one", await client.ReadAsync(3));

        await using var second = await ToolProcess.ListenOnAsync(
            [$"127.0.0.1:{first.Port}"], "--echo", "--takeover", Takeover);

        client.SendFin(); // The first process ends when its clients have finished, or after 5 s.
        Assert.Equal("", await client.ReadToEndAsync());
        Assert.Equal(0, await first.ExitAsync());
        using var next = await Peer.ConnectAsync(first.EndPoint);
        await next.SendAsync("two");
        Assert.Equal("two", await next.ReadAsync(3));
    }

    [Fact]
    public async Task Admin_page_moves_to_the_second_process_with_its_port_and_shows_the_takeover()
    {
        var port = FindFreePort();
        await using var first = await ToolProcess.ListenAsync("--echo", "--takeover", Takeover, "--admin", $"{port}");
        using var client = await Peer.ConnectAsync(first.EndPoint); // The first process drains.
        await client.SendAsync("one");
        Assert.Equal("one", await client.ReadAsync(3));

        await using var second = await ToolProcess.ListenOnAsync(
            [$"127.0.0.1:{first.Port}"], "--echo", "--takeover", Takeover, "--admin", $"{port}");
        Assert.Equal($"admin page: http://localhost:{port}/", await second.NextErrorAsync());

        using var http = new HttpClient();
        var page = await http.GetFromJsonAsync<JsonElement>(
            $"http://localhost:{port}/api/server", TestContext.Current.CancellationToken);
        Assert.Equal(second.Id, page.GetProperty("process").GetProperty("id").GetInt32());
        var takeover = Assert.Single(page.GetProperty("takeovers").EnumerateArray());
        Assert.Equal("tookOver", takeover.GetProperty("outcome").GetString());
        Assert.Equal(first.Id, takeover.GetProperty("process").GetInt32());
        var metrics = await http.GetStringAsync(
            $"http://localhost:{port}/metrics", TestContext.Current.CancellationToken);
        Assert.Contains("""sockeye_server_takeovers_total{outcome="taken"} 1""", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Service_manager_hears_of_the_new_main_process_before_it_is_ready_and_not_that_the_old_one_stops()
    {
        var path = Path.Combine(_folder.FullName, "notify");
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(path));
        var shell = $"export NOTIFY_SOCKET={path}; exec \"$0\" \"$@\"";
        await using var first = await ToolProcess.ReadyAsync(
            ToolProcess.StartUnder(shell, "listen", "127.0.0.1:0", "--echo", "--takeover", Takeover));
        await using var second = await ToolProcess.ReadyAsync(
            ToolProcess.StartUnder(shell, "listen", $"127.0.0.1:{first.Port}", "--echo", "--takeover", Takeover));
        Assert.Equal(0, await first.ExitAsync());

        List<string> messages = [];
        while (messages.Count(message => message == "READY=1") < 2)
        {
            var buffer = new byte[1000];
            using var timeout = new CancellationTokenSource(ToolProcess.DefaultTimeout, TimeProvider.System);
            var message = Encoding.UTF8.GetString(buffer, 0, await manager.ReceiveAsync(buffer, timeout.Token));
            if (!message.StartsWith("STATUS=", StringComparison.Ordinal))
                messages.Add(message);
        }

        Assert.Equal(["READY=1", $"MAINPID={second.Id}", "READY=1"], messages);
        while (manager.Available > 0)
        {
            var buffer = new byte[1000];
            var message = Encoding.UTF8.GetString(buffer, 0, manager.Receive(buffer));
            Assert.StartsWith("STATUS=", message, StringComparison.Ordinal);
        }
    }

    private static int FindFreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
