using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests;

/// <summary><c>sockeye connect -z</c>.</summary>
public sealed class ConnectScanTests
{
    [Fact]
    public async Task Open_port_is_exit_0_and_nothing_is_sent()
    {
        using var server = new TestServer();
        await using var client = ToolProcess.Start("connect", "-z", server.EndPoint);
        using var peer = await server.AcceptAsync();

        Assert.Equal("", await peer.ReadToEndAsync());
        Assert.Equal(0, await client.ExitAsync());
        Assert.Empty(client.SeenErrors);
    }

    [Fact]
    public async Task Each_port_of_a_range_is_reported_in_order()
    {
        using var server = new TestServer();
        var port = int.Parse(server.EndPoint.Split(':')[1], null);

        var result = await ToolProcess.RunAsync(["connect", "-zv", "127.0.0.1", $"{port - 1}-{port + 1}"]);

        Assert.Equal(0, result.ExitCode);
        Assert.Equal(3, result.Errors.Count);
        Assert.Matches($@"^open: 127\.0\.0\.1:{port} in [0-9.]+ (ms|s)$", result.Errors[1]);
        Assert.All(result.Errors, line => Assert.Matches("^(open|closed): 127", line));
    }

    [Fact]
    public async Task Closed_ports_are_exit_1_with_a_sentence()
    {
        // Ports that no system assigns, and that need a right to listen on.
        var one = await ToolProcess.RunAsync(["connect", "-z", "127.0.0.1", "2"]);
        var several = await ToolProcess.RunAsync(["connect", "-z", "127.0.0.1", "2-4"]);

        Assert.Equal(["sockeye: could not connect to 127.0.0.1:2: refused (nothing listens there)."], one.Errors);
        Assert.Equal(["sockeye: none of 3 ports is open (-v says why)."], several.Errors);
        Assert.Equal((1, 1), (one.ExitCode, several.ExitCode));
    }
}
