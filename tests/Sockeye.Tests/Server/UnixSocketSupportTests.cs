using System.Net.Sockets;

namespace Sockeye.Tests.Server;

/// <summary>Systems with Unix sockets, and those without, such as Windows before 10 1803.</summary>
public sealed class UnixSocketSupportTests
{
    [Fact]
    public void Listening_on_a_path_works_or_is_refused_with_a_sentence_and_the_way_out()
    {
        var options = new SockeyeServerOptions();
        if (Socket.OSSupportsUnixDomainSockets)
        {
            Assert.Equal(new UnixDomainSocketEndPoint("/x"), options.ListenUnixSocket("/x").EndPoint);
            return;
        }

        var error = Assert.Throws<PlatformNotSupportedException>(() => options.ListenUnixSocket("/x"));

        Assert.StartsWith("Cannot listen on /x: this system has no Unix sockets", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("Listen on an IP address, as ListenLocalhost does.", error.Message, StringComparison.Ordinal);
    }
}
