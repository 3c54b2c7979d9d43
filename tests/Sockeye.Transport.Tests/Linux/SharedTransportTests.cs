using System.Net.Sockets;
using Sockeye.Linux;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Linux;

/// <summary>The transport that everything in the process shares.</summary>
public sealed class SharedTransportTests
{
    [Fact]
    public async Task Disposing_it_does_not_end_it_for_others()
    {
        var cancelled = TestContext.Current.CancellationToken;
        using var directory = new TemporaryDirectory();
        await LinuxTransport.Shared.DisposeAsync();

        // A Unix socket, so that no engine threads are left to other tests.
        await using var listener = await LinuxTransport.Shared.BindAsync(
            new UnixDomainSocketEndPoint(directory.NewPath()), cancelled);
        await using var client = await LinuxTransport.Shared.ConnectAsync(listener.EndPoint, cancelled);
        await using var server = await listener.AcceptAsync(cancelled);
        Assert.NotNull(server);
    }
}
