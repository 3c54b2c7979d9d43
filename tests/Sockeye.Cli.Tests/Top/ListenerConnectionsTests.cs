using System.Net;

namespace Sockeye.Cli.Tests.Top;

public sealed class ListenerConnectionsTests
{
    [Theory]
    [InlineData("127.0.0.1:80", "127.0.0.1:80")]
    [InlineData("127.0.0.2:80", "127.0.0.2:80")]
    [InlineData("192.0.2.1:80", "0.0.0.0:80")]
    [InlineData("192.0.2.1:81", "[::]:81")] // One that serves both families.
    [InlineData("[2001:db8::1]:80", null)]
    [InlineData("[2001:db8::1]:81", "[::]:81")]
    [InlineData("[fe80::1%2]:82", "[fe80::1%2]:82")]
    [InlineData("192.0.2.1:82", null)] // A client whose port is that of a listener elsewhere.
    public void Connection_counts_for_the_listener_that_accepted_it(string local, string? listener)
    {
        string[] listeners = ["127.0.0.1:80", "127.0.0.2:80", "0.0.0.0:80", "[::]:81", "[fe80::1%2]:82"];
        var connections = new ListenerConnections();
        connections.Begin([.. listeners.Select(name => new SocketEntry { Local = Name(name) })]);

        connections.Add(Name(local) with { Interface = 2 });

        Assert.All(listeners, name => Assert.Equal(name == listener ? 1 : 0, connections.Get(Name(name))));
    }

    private static SocketName Name(string endpoint) => SocketName.From(IPEndPoint.Parse(endpoint));
}
