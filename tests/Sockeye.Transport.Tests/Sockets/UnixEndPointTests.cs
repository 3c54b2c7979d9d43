using System.Net.Sockets;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Sockets;

/// <summary>The endpoints and the errors of Unix sockets are the same on every transport.</summary>
public sealed class UnixEndPointTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public static TheoryData<string> Transports => ["Sockets, Unix", "Epoll, Unix", "IoUring, Unix"];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory, MemberData(nameof(Transports))]
    public Task Server_end_has_the_path_of_the_listener_and_the_name_of_the_peer(string transport) =>
        EachKernelTransport.RunAsync(transport, new(), async world =>
        {
            var listener = await world.ListenAsync();
            var path = _directory.NewPath();
            using var named = CreateSocket();
            named.Bind(new UnixDomainSocketEndPoint(path));
            await named.ConnectAsync(listener.EndPoint, Cancelled);
            var server = await world.AcceptAsync(listener);

            Assert.Equal(listener.EndPoint, server.Connection.LocalEndPoint);
            Assert.Equal(path, server.Connection.RemoteEndPoint?.ToString());
        });

    [Theory, MemberData(nameof(Transports))]
    public Task Peer_without_a_name_has_an_empty_one(string transport) =>
        EachKernelTransport.RunAsync(transport, new(), async world =>
        {
            var (client, server) = await world.ConnectAsync();

            Assert.Equal("", server.Connection.RemoteEndPoint?.ToString());
            Assert.Equal("", client.Connection.LocalEndPoint?.ToString());
            Assert.Equal(server.Connection.LocalEndPoint, client.Connection.RemoteEndPoint);
        });

    [Theory, MemberData(nameof(Transports))]
    public Task Name_that_does_not_print_safely_is_escaped(string transport) =>
        EachKernelTransport.RunAsync(transport, new(), async world =>
        {
            Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has abstract names.");
            var listener = await world.ListenAsync();
            using var named = CreateSocket();
            named.Bind(new UnixDomainSocketEndPoint($"\0sockeye-\u001b[31m-the-name-of-it-{Environment.ProcessId}-{transport}"));
            await named.ConnectAsync(listener.EndPoint, Cancelled);
            var server = await world.AcceptAsync(listener);

            var name = server.Connection.RemoteEndPoint!.ToString()!;
            Assert.StartsWith("@sockeye-", name, StringComparison.Ordinal);
            Assert.DoesNotContain('\u001b', name);
        });

    [Theory, MemberData(nameof(Transports))]
    public Task Connect_to_a_full_queue_fails_at_once(string transport) =>
        EachKernelTransport.RunAsync(transport, new(), async world =>
        {
            Assert.SkipUnless(OperatingSystem.IsLinux(), "Other systems wait, or refuse.");
            using var full = CreateSocket();
            var endpoint = new UnixDomainSocketEndPoint(_directory.NewPath());
            full.Bind(endpoint);
            full.Listen(0);
            using var waiting = CreateSocket();
            await waiting.ConnectAsync(endpoint, Cancelled);

            var error = await Assert.ThrowsAsync<SocketException>(
                () => world.Connecting.ConnectAsync(endpoint, Cancelled).AsTask());

            Assert.Equal(SocketError.WouldBlock, error.SocketErrorCode); // EAGAIN, unix(7)
        });

    [Theory, MemberData(nameof(Transports))]
    public Task Connect_to_a_missing_path_names_the_error(string transport) =>
        EachKernelTransport.RunAsync(transport, new(), async world =>
        {
            var endpoint = new UnixDomainSocketEndPoint(_directory.NewPath());

            var error = await Assert.ThrowsAsync<SocketException>(
                () => world.Connecting.ConnectAsync(endpoint, Cancelled).AsTask());

            Assert.Equal(SocketError.AddressNotAvailable, error.SocketErrorCode); // ENOENT
        });

    private static Socket CreateSocket() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
}
