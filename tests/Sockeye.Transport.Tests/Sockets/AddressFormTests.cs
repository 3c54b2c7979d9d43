using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Sockeye.Linux;

namespace Sockeye.Transport.Tests.Sockets;

/// <summary>The forms that an address can have, where one listens and where one connects, on every transport.</summary>
public sealed class AddressFormTests
{
    public static TheoryData<string> Transports => ["Sockets", "Epoll", "IoUring"];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(Transports))]
    public async Task Mapped_address_is_bound_and_connected_to_as_ipv4(string transport)
    {
        await using var sockets = New(transport);
        await using var listener = await sockets.BindAsync(IPEndPoint.Parse("[::ffff:127.0.0.1]:0"), Cancelled);
        var bound = (IPEndPoint)listener.EndPoint;
        Assert.Equal(IPAddress.Loopback, bound.Address);
        var mapped = new IPEndPoint(IPAddress.Loopback.MapToIPv6(), bound.Port);
        await AssertConnectsAsync(sockets, listener, mapped, "127.0.0.1");
        await AssertConnectsAsync(sockets, listener, bound, "127.0.0.1", IPEndPoint.Parse("[::ffff:127.0.0.1]:0"));
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task Every_address_as_a_target_is_this_machine(string transport)
    {
        await using var sockets = New(transport);
        await using var listener = await sockets.BindAsync(new IPEndPoint(Any(), 0), Cancelled);
        var port = ((IPEndPoint)listener.EndPoint).Port;
        await AssertConnectsAsync(sockets, listener, new(IPAddress.Any, port), "127.0.0.1");
        await AssertConnectsAsync(sockets, listener, IPEndPoint.Parse($"[::ffff:0.0.0.0]:{port}"), "127.0.0.1");
        if (Socket.OSSupportsIPv6)
            await AssertConnectsAsync(sockets, listener, new(IPAddress.IPv6Any, port), "::1");
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task Name_that_is_an_address_is_bound(string transport)
    {
        await using var sockets = New(transport);
        await using var listener = await sockets.BindAsync(new DnsEndPoint("127.0.0.1", 0), Cancelled);
        Assert.Equal(IPAddress.Loopback, ((IPEndPoint)listener.EndPoint).Address);
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task Address_that_is_not_one_machines_is_refused_with_a_sentence(string transport)
    {
        await using var sockets = New(transport);
        foreach (var address in (string[])["224.0.0.1", "239.255.255.255", "255.255.255.255", "[ff02::1]", "[::ffff:224.0.0.1]"])
        {
            var listening = await Assert.ThrowsAsync<IOException>(
                () => sockets.BindAsync(IPEndPoint.Parse($"{address}:7000"), Cancelled).AsTask());
            Assert.Contains("cast address, and TCP has one machine at each end", listening.Message, StringComparison.Ordinal);
            var connecting = await Assert.ThrowsAsync<ArgumentException>(
                () => sockets.ConnectAsync(IPEndPoint.Parse($"{address}:7000"), Cancelled).AsTask());
            Assert.Contains("cast address, and TCP connects to one machine", connecting.Message, StringComparison.Ordinal);
        }
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task Port_zero_as_a_target_is_refused_with_a_sentence(string transport)
    {
        await using var sockets = New(transport);
        var error = await Assert.ThrowsAsync<ArgumentException>(
            () => sockets.ConnectAsync(new IPEndPoint(IPAddress.Loopback, 0), Cancelled).AsTask());
        Assert.Contains("Cannot connect to 127.0.0.1:0: port 0 means any free one", error.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task Link_local_address_without_its_interface_is_refused_with_the_way_out(string transport)
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6 && OperatingSystem.IsLinux(), "Other systems may know which interface is meant.");
        await using var sockets = New(transport);
        var error = await Assert.ThrowsAsync<IOException>(
            () => sockets.BindAsync(IPEndPoint.Parse("[fe80::1]:0"), Cancelled).AsTask());
        Assert.Contains("needs a network interface, for example fe80::1%eth0", error.Message, StringComparison.Ordinal);
        var client = new SockeyeClient(options => options.Transport = sockets);
        var refused = await Assert.ThrowsAsync<ConnectException>(() => client.ConnectAsync("fe80::1", 7000, Cancelled).AsTask());
        Assert.Contains("(for example fe80::1%eth0)", refused.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Transports))]
    public async Task Nothing_at_all_is_refused_by_name(string transport)
    {
        await using var sockets = New(transport);
        await Assert.ThrowsAsync<ArgumentNullException>("endpoint", () => sockets.BindAsync(null!, Cancelled).AsTask());
        await Assert.ThrowsAnyAsync<ArgumentNullException>(() => sockets.ConnectAsync(null!, Cancelled).AsTask());
        var error = await Assert.ThrowsAsync<NotSupportedException>(
            () => sockets.BindAsync(new DnsEndPoint("example.com", 7000), Cancelled).AsTask());
        Assert.Contains(
            "Cannot listen on example.com:7000: a host name may have several addresses", error.Message, StringComparison.Ordinal);
    }

    private static IPAddress Any() => Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;

    private static async Task AssertConnectsAsync(
        LinuxTransport transport, IConnectionListener listener, IPEndPoint target, string expected, IPEndPoint? local = null)
    {
        var accepting = listener.AcceptAsync(Cancelled).AsTask();
        var connection = await (local is null
            ? transport.ConnectAsync(target, Cancelled)
            : ((ILocalEndPointConnectionFactory)transport).ConnectAsync(target, local, Cancelled));
        var accepted = await accepting;
        Assert.NotNull(accepted);
        Assert.Equal(new IPEndPoint(IPAddress.Parse(expected), target.Port), connection.RemoteEndPoint);
        Assert.Equal(connection.LocalEndPoint, accepted.RemoteEndPoint);
        accepted.Abort();
        await connection.DisposeAsync();
        await accepted.DisposeAsync();
    }

    private static LinuxTransport New(string transport)
    {
        var engine = Enum.Parse<LinuxEngine>(transport);
        Assert.SkipWhen(engine is not LinuxEngine.Sockets && !OperatingSystem.IsLinux(), "Only Linux has these engines.");
        Assert.SkipWhen(engine is LinuxEngine.IoUring && !IoUringProbe.Result.IsSupported, "io_uring cannot run here.");
        return new(new() { Engine = engine });
    }
}
