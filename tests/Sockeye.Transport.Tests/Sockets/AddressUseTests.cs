using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Sockeye.Linux;

namespace Sockeye.Transport.Tests.Sockets;

/// <summary>Who else may use the address of a listener, and which family of addresses it takes.</summary>
public sealed class AddressUseTests
{
    private static readonly SocketTransport Transport = SocketTransport.Shared;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Second_listener_is_refused_with_a_sentence_that_names_the_endpoint()
    {
        await using var listener = await Transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), Cancelled);

        var error = await Assert.ThrowsAsync<AddressInUseException>(
            () => Transport.BindAsync(listener.EndPoint, Cancelled).AsTask());

        Assert.StartsWith(
            $"Cannot listen on {listener.EndPoint}: the port is already in use.", error.Message, StringComparison.Ordinal);
    }

    /// <summary>With SO_REUSEADDR alone, a program on Windows can take the clients of a server that has not set
    /// SO_EXCLUSIVEADDRUSE (learn.microsoft.com/windows/win32/winsock/using-so-reuseaddr-and-so-exclusiveaddruse).</summary>
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("0.0.0.0")]
    public async Task Address_cannot_be_taken_by_a_program_that_reuses_addresses(string address)
    {
        await using var listener = await Transport.BindAsync(new IPEndPoint(IPAddress.Parse(address), 0), Cancelled);
        var port = ((IPEndPoint)listener.EndPoint).Port;
        using var thief = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        thief.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);

        var error = Assert.Throws<SocketException>(() =>
        {
            thief.Bind(new IPEndPoint(IPAddress.Parse(address), port));
            thief.Listen();
        });

        Assert.Equal(
            OperatingSystem.IsWindows() ? SocketError.AccessDenied : SocketError.AddressAlreadyInUse, error.SocketErrorCode);
        using var client = await ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
        await using var accepted = await listener.AcceptAsync(Cancelled);
        Assert.Equal(client.LocalEndPoint, accepted!.RemoteEndPoint);
    }

    [Fact]
    public async Task Server_that_ended_connections_itself_can_start_again_at_once()
    {
        var listener = await Transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), Cancelled);
        var endpoint = listener.EndPoint;
        using (var client = await ConnectAsync(endpoint))
        {
            await using var accepted = await listener.AcceptAsync(Cancelled);
            await accepted!.Transport.Output.CompleteAsync(); // This side ends first, so that its port stays in TIME-WAIT.
            Assert.Equal(0, await client.ReceiveAsync(new byte[1], Cancelled));
        }

        await listener.DisposeAsync();

        await using var again = await Transport.BindAsync(endpoint, Cancelled);
        using var next = await ConnectAsync(endpoint);
        await using var served = await again.AcceptAsync(Cancelled);
        Assert.Equal(next.LocalEndPoint, served!.RemoteEndPoint);
    }

    [Fact]
    public async Task Every_IPv6_address_includes_IPv4_and_one_address_does_not()
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "This machine has no IPv6.");
        await using var all = await Transport.BindAsync(new IPEndPoint(IPAddress.IPv6Any, 0), Cancelled);
        foreach (var loopback in (IPAddress[])[IPAddress.Loopback, IPAddress.IPv6Loopback])
        {
            using var client = await ConnectAsync(new IPEndPoint(loopback, ((IPEndPoint)all.EndPoint).Port));
            await using var accepted = await all.AcceptAsync(Cancelled);
            Assert.Equal(client.LocalEndPoint, accepted!.RemoteEndPoint);
        }

        await using var one = await Transport.BindAsync(new IPEndPoint(IPAddress.IPv6Loopback, 0), Cancelled);
        var refused = await Assert.ThrowsAsync<SocketException>(
            () => ConnectAsync(new IPEndPoint(IPAddress.Loopback, ((IPEndPoint)one.EndPoint).Port)));
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
    }

    /// <summary>The decision is page 36 of docs/decisions.</summary>
    [Fact]
    public async Task Listener_and_connections_of_the_portable_transport_outlive_the_one_that_chose_it()
    {
        var chosen = new LinuxTransport(new() { Engine = LinuxEngine.Sockets });
        await using var listener = await chosen.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), Cancelled);
        using var first = await ConnectAsync(listener.EndPoint);
        await using var before = await listener.AcceptAsync(Cancelled);

        await chosen.DisposeAsync();

        Assert.False(before!.ConnectionClosed.IsCancellationRequested);
        using var second = await ConnectAsync(listener.EndPoint);
        await using var after = await listener.AcceptAsync(Cancelled);
        Assert.Equal(second.LocalEndPoint, after!.RemoteEndPoint);
    }

    private static async Task<Socket> ConnectAsync(EndPoint endpoint)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(endpoint, Cancelled);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
