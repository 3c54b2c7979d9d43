using Sockeye.Cli.Tests.Support;

namespace Sockeye.Cli.Tests.Attacks;

/// <summary>A client in a network where the system has one port to give to clients, which is the port that is dialled: it would
/// meet itself.</summary>
public sealed class SelfConnectTests
{
    [Theory]
    [InlineData("127.0.0.1", "sockets")]
    [InlineData("127.0.0.1", "epoll")]
    [InlineData("127.0.0.1", "auto")]
    [InlineData("[::1]", "sockets")]
    [InlineData("[::1]", "epoll")]
    [InlineData("localhost", "epoll")]
    [InlineData("[::ffff:127.0.0.1]", "epoll")]
    [InlineData("0.0.0.0", "sockets")]
    public async Task Port_that_the_system_gives_to_the_client_is_refused(string host, string engine)
    {
        await using var network = await NetworkNamespace.CreateAsync();
        await network.IpAsync("link", "set", "lo", "up");
        const string OnePort = "echo 40000 40000 > /proc/sys/net/ipv4/ip_local_port_range";
        await using var tool = ToolProcess.StartUnder(
            $$"""exec ip netns exec {{network.Name}} /bin/sh -c '{{OnePort}}; exec "$0" "$@"' "$0" "$@" """,
            "connect", $"{host}:40000", "--engine", engine);

        Assert.Equal(1, await tool.ExitAsync());
        Assert.Contains("refused (nothing listens there)", tool.SeenErrors[0], StringComparison.Ordinal);
    }
}
