using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Sockets;

/// <summary>Listeners that hand their sockets over, on each transport: no client is lost, and nothing of the socket
/// changes.</summary>
[Collection(nameof(EchoAllocationTests))]
public sealed class SharedListenerTests
{
    public SharedListenerTests() => Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no descriptors to inherit.");

    public static TheoryData<string> Each => [.. EachKernelTransport.Names];

    public static TheoryData<string> EachTcp => [.. EachKernelTransport.NamesOfTcp];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(Each))]
    public Task Successor_serves_the_clients_that_wait_when_the_predecessor_lets_go(string transport) =>
        EachKernelTransport.RunAsync(transport, new(), async world =>
        {
            var first = await world.ListenAsync();
            var descriptors = ((ISharedListener)first).GetDescriptors();
            var second = await world.ListenAsync(new InheritedEndPoint(descriptors));
            Dispose(descriptors);
            Assert.Equal(first.EndPoint, second.EndPoint);

            var pending = first.AcceptAsync(Cancelled).AsTask();
            await world.Soon(((ISharedListener)first).ReleaseAsync(Cancelled).AsTask());
            Assert.Null(await world.Soon(pending));
            await ServeAsync(world, second);
            Assert.Null(await world.Soon(first.AcceptAsync(Cancelled).AsTask()));
            Assert.Throws<ObjectDisposedException>(() => ((ISharedListener)first).GetDescriptors());
        });

    [Theory, MemberData(nameof(Each))]
    public Task Clients_in_the_queue_stay_there_until_the_successor_accepts(string transport) =>
        EachKernelTransport.RunAsync(transport, new(), async world =>
        {
            var first = await world.ListenAsync();
            var clients = new List<TestEnd>();
            for (var i = 0; i < 3; i++)
                clients.Add(await world.ConnectClientAsync(first));
            var descriptors = ((ISharedListener)first).GetDescriptors();
            await first.DisposeAsync(); // Also an end that is no release shuts nothing down.

            var second = await world.ListenAsync(new InheritedEndPoint(descriptors));
            Dispose(descriptors);
            foreach (var client in clients)
            {
                await client.SendAsync("x");
                await (await world.AcceptAsync(second)).ShouldReceiveAsync("x");
            }
        });

    [Theory, MemberData(nameof(EachTcp))]
    public Task Ending_a_listener_changes_nothing_of_a_socket_that_others_hold(string transport) =>
        EachKernelTransport.RunAsync(transport, new(), async world =>
        {
            var first = await world.ListenAsync();
            using var kept = Assert.Single(((ISharedListener)first).GetDescriptors());
            var pending = first.AcceptAsync(Cancelled).AsTask();
            await world.Soon(first.DisposeAsync().AsTask());
            await world.Soon(pending);

            using var socket = new Socket(new SafeSocketHandle(kept.Handle.DangerousGetHandle(), ownsHandle: false));
            Assert.Equal(1, socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.AcceptConnection));
            Assert.False(socket.LingerState!.Enabled);
            await ServeAsync(world, await world.ListenAsync(new InheritedEndPoint([kept])));
        });

    [Theory, MemberData(nameof(EachTcp))]
    public Task Both_accept_while_both_listen(string transport) =>
        EachKernelTransport.RunAsync(transport, new(), async world =>
        {
            var first = await world.ListenAsync();
            var descriptors = ((ISharedListener)first).GetDescriptors();
            var second = await world.ListenAsync(new InheritedEndPoint(descriptors));
            Dispose(descriptors);
            for (var i = 0; i < 20; i++)
            {
                var listener = i % 2 == 0 ? first : second;
                var client = await world.ConnectClientAsync(listener);
                await client.SendAsync("x");
                await (await world.AcceptAsync(listener)).ShouldReceiveAsync("x");
            }
        });

    [Theory, MemberData(nameof(EachTcp))]
    public Task Descriptor_as_kestrel_passes_it_is_listened_on_and_stays_the_callers(string transport) =>
        EachKernelTransport.RunAsync(transport, new(), async world =>
        {
            using var given = Listen();
            var listener = await world.ListenAsync(new FileHandleEndPoint((ulong)given.Handle, FileHandleType.Tcp));
            Assert.Equal(given.LocalEndPoint, listener.EndPoint);
            await ServeAsync(world, listener);
            await listener.DisposeAsync();
            await ServeAsync(world, await world.ListenAsync(new FileHandleEndPoint((ulong)given.Handle, FileHandleType.Auto)));
        });

    [Theory, MemberData(nameof(EachTcp))]
    public Task Clients_of_several_sockets_are_all_served(string transport) =>
        EachKernelTransport.RunAsync(transport, new(), async world =>
        {
            // More sockets than engine threads. Their addresses differ, so that each has clients for certain.
            var given = Enumerable.Range(1, 5).Select(_ => Listen()).ToList();
            var listeners = new List<IConnectionListener>();
            foreach (var socket in given)
                listeners.Add(await world.ListenAsync(new FileHandleEndPoint((ulong)socket.Handle, FileHandleType.Auto)));
            Assert.Equal(5, listeners.Select(listener => listener.EndPoint).Distinct().Count());

            using var first = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            using var second = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            using var third = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            Socket[] onePort = [first, second, third];
            var port = 0;
            for (var i = 0; i < onePort.Length; i++)
            {
                onePort[i].Bind(new IPEndPoint(IPAddress.Parse($"127.0.0.{i + 1}"), port));
                onePort[i].Listen();
                port = ((IPEndPoint)onePort[i].LocalEndPoint!).Port;
            }

            var descriptors = onePort.Select(socket => ListeningDescriptor.Duplicate((int)socket.Handle)).ToList();
            var together = await world.ListenAsync(new InheritedEndPoint(descriptors));
            Dispose(descriptors);
            await ServeEachAsync();
            var accepting = world.AcceptAsync(together); // Waits before a client comes.
            await using var late = world.Track(await world.Connecting.ConnectAsync(onePort[2].LocalEndPoint!, Cancelled), "late");
            await late.SendAsync("x");
            await (await accepting).ShouldReceiveAsync("x");
            await ServeEachAsync();
            var pending = together.AcceptAsync(Cancelled).AsTask();
            await world.Soon(((ISharedListener)together).ReleaseAsync(Cancelled).AsTask());
            Assert.Null(await world.Soon(pending));
            given.ForEach(socket => socket.Dispose());

            async Task ServeEachAsync()
            {
                var clients = new List<TestEnd>();
                foreach (var socket in onePort)
                    clients.Add(world.Track(await world.Connecting.ConnectAsync(socket.LocalEndPoint!, Cancelled), "client"));
                foreach (var client in clients)
                    await client.SendAsync("x");
                foreach (var _ in clients)
                    await (await world.AcceptAsync(together)).ShouldReceiveAsync("x");
            }
        });

    [Theory]
    [InlineData("Sockets, Unix")]
    [InlineData("Epoll, Unix")]
    [InlineData("IoUring, Unix")]
    public Task File_of_a_unix_socket_stays_until_its_last_owner_ends(string transport) =>
        EachKernelTransport.RunAsync(transport, new(), async world =>
        {
            var first = await world.ListenAsync();
            var path = first.EndPoint.ToString()!;
            var descriptors = ((ISharedListener)first).GetDescriptors();
            Assert.True(Assert.Single(descriptors).OwnsFile);
            var second = await world.ListenAsync(new InheritedEndPoint(descriptors));
            await ((ISharedListener)first).ReleaseAsync(Cancelled);
            Assert.True(File.Exists(path));
            await ServeAsync(world, second);
            await second.DisposeAsync();
            Assert.False(File.Exists(path));

            // Whoever made the file keeps it, as systemd does.
            using var given = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            given.Bind(new UnixDomainSocketEndPoint(path));
            given.Listen();
            var third = await world.ListenAsync(new FileHandleEndPoint((ulong)given.Handle, FileHandleType.Auto));
            await ServeAsync(world, third);
            await third.DisposeAsync();
            Assert.True(File.Exists(path));
            Dispose(descriptors);
        });

    [Theory]
    [InlineData("Sockets, Unix")]
    [InlineData("Epoll, Unix")]
    [InlineData("IoUring, Unix")]
    public Task Client_with_a_longer_path_than_the_inherited_socket_is_served(string transport) =>
        EachKernelTransport.RunAsync(transport, new(), async world =>
        {
            using var given = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            var path = world.NewEndPoint().ToString()!;
            given.Bind(new UnixDomainSocketEndPoint(path));
            given.Listen();
            var listener = await world.ListenAsync(new FileHandleEndPoint((ulong)given.Handle, FileHandleType.Pipe));
            using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            client.Bind(new UnixDomainSocketEndPoint(path + ".client"));
            await client.ConnectAsync(given.LocalEndPoint!, Cancelled);
            var server = await world.AcceptAsync(listener);
            Assert.Equal(path + ".client", server.Connection.RemoteEndPoint?.ToString());
            await client.SendAsync("x"u8.ToArray(), Cancelled);
            await server.ShouldReceiveAsync("x");
        });

    private static void Dispose(IEnumerable<ListeningDescriptor> descriptors)
    {
        foreach (var descriptor in descriptors)
            descriptor.Dispose();
    }

    private static async Task ServeAsync(TransportWorld world, IConnectionListener listener)
    {
        var (client, server) = await world.ConnectAsync(listener);
        await client.SendAsync("ping");
        await server.ShouldReceiveAsync("ping");
    }

    private static Socket Listen()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        return socket;
    }
}
