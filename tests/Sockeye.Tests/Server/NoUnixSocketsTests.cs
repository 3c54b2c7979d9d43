using System.Net.Sockets;

namespace Sockeye.Tests.Server;

/// <summary>Systems without Unix sockets, as Windows before 10 1803.</summary>
public sealed class NoUnixSocketsTests
{
    public NoUnixSocketsTests() => Assert.SkipWhen(Socket.OSSupportsUnixDomainSockets, "This system has Unix sockets.");

    [Fact]
    public void Listening_on_a_path_is_refused_with_a_sentence_and_the_way_out()
    {
        var error = Assert.Throws<PlatformNotSupportedException>(() => new SockeyeServerOptions().ListenUnixSocket("/x"));

        Assert.StartsWith("Cannot listen on /x: this system has no Unix sockets", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("Listen on an IP address, as ListenLocalhost does.", error.Message, StringComparison.Ordinal);
    }
}
