using System.Net;
using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests;

/// <summary>Endpoints as two words, services by name, one address family, local ports, and a bound for attempts.</summary>
public sealed class ConnectAddressTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    public async Task Host_and_port_may_be_two_arguments(string host)
    {
        await using var server = await ToolProcess.ListenAsync("--echo");

        var result = await ToolProcess.RunAsync(["connect", host, $"{server.Port}"], "hello"u8.ToArray());

        Assert.Equal((0, "hello"), (result.ExitCode, result.Text));
    }

    [Fact]
    public async Task Server_listens_on_a_host_and_a_port()
    {
        await using var server = await ToolProcess.ListenOnAsync(["127.0.0.1:0"], "--echo");
        await using var other = await ToolProcess.ReadyAsync(ToolProcess.Start("listen", "127.0.0.1", "0", "--echo"));

        Assert.NotEqual(server.Port, other.Port);
    }

    [Theory]
    [InlineData("-4", "127.0.0.1")]
    [InlineData("-6", "::1")]
    public async Task One_family_is_used_by_server_and_client(string option, string address)
    {
        await using var server = await ToolProcess.ReadyAsync(ToolProcess.Start("listen", "0", option, "--echo"));
        Assert.Equal(address, $"{server.EndPoint.Address}");

        var result = await ToolProcess.RunAsync(["connect", option, "localhost", $"{server.Port}"], "hello"u8.ToArray());

        Assert.Equal((0, "hello"), (result.ExitCode, result.Text));
    }

    [Fact]
    public async Task Sockets_with_a_local_port_have_the_ports_that_follow_it()
    {
        using var server = new TestServer();
        // Ports below those that the system assigns, of this process only.
        var first = 20_000 + (Environment.ProcessId % 1000 * 10);
        await using var client = ToolProcess.Start("connect", server.EndPoint, "-n", "3", "--local", $"127.0.0.1:{first}");
        List<int> ports = [];
        for (var i = 0; i < 3; i++)
        {
            var peer = await server.AcceptAsync();
            ports.Add(((IPEndPoint)peer.Socket.RemoteEndPoint!).Port);
            peer.SendFin();
        }

        Assert.Equal([first, first + 1, first + 2], ports.Order());
    }

    [Fact]
    public async Task Bounded_retry_gives_up_with_the_last_error()
    {
        using var unused = new System.Net.Sockets.Socket(
            System.Net.Sockets.AddressFamily.InterNetwork, System.Net.Sockets.SocketType.Stream,
            System.Net.Sockets.ProtocolType.Tcp);
        unused.Bind(new IPEndPoint(IPAddress.Loopback, 0));

        var result = await ToolProcess.RunAsync(["connect", $"{unused.LocalEndPoint}", "--retry-for", "500ms"]);

        Assert.Equal(1, result.ExitCode);
        Assert.Matches(@"^sockeye: gave up on .* after 500 ms \(--retry-for\): ", result.Errors[^1]);
    }

    [Theory]
    [InlineData("http 80/tcp www # World Wide Web", "www", 80)]
    [InlineData("syslog\t514/udp", "syslog", null)]
    [InlineData("bad 99999/tcp", "bad", null)]
    [InlineData("# http 80/tcp", "http", null)]
    public void Services_are_read_from_the_file_of_the_system(string line, string name, int? port) =>
        Assert.Equal(port, ServiceNames.Parse([line]).TryGetValue(name, out var found) ? found : null);

    [Theory]
    [InlineData("host:20-22", "host:20 host:21 host:22")]
    [InlineData("80,443", "80 443")]
    [InlineData("[::1]:7-8,10", "[::1]:7 [::1]:8 [::1]:10")]
    [InlineData("-1", "-1")]
    [InlineData("unix:/a-b,c", "unix:/a-b,c")]
    [InlineData("host:2-1", null)]
    [InlineData("host:1-70000", null)]
    public void Lists_of_ports_are_expanded(string text, string? expected) =>
        Assert.Equal(expected, EndPointArguments.ExpandPorts(text, out _) is { } ports ? string.Join(' ', ports) : null);

    [Theory]
    [InlineData("localhost 7000", "localhost:7000")]
    [InlineData("7000 7001", "7000 7001")]
    [InlineData("::1 7000 8000", "[::1]:7000 8000")]
    [InlineData("unix:x 7000", "unix:x 7000")]
    [InlineData("nohost", "nohost")]
    public void Host_and_port_are_joined(string arguments, string expected) =>
        Assert.Equal(expected, string.Join(' ', EndPointArguments.JoinPairs(arguments.Split(' '))));
}
