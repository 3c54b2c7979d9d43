using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Sockeye.Simulation.Tests.Systems;
using Sockeye.Testing;
using static Sockeye.Simulation.Tests.Network.Runs;

namespace Sockeye.Simulation.Tests.Network;

/// <summary>Names, addresses and ports.</summary>
public sealed class AddressTests
{
    [Fact]
    public void Connect_without_a_listener_is_connection_refused() => Run(async (network, near, far) =>
    {
        var refused = await Assert.ThrowsAsync<SocketException>(() => near.ConnectAsync(far).AsTask());
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
        Assert.Equal(network.Latency * 2, network.Elapsed);
    });

    [Fact]
    public void Silence_is_a_timeout() => Run(async (network, near, far) =>
    {
        await far.ListenAsync();
        using var partition = network.Partition(near, far);
        var late = await Assert.ThrowsAsync<SocketException>(() => near.ConnectAsync(far).AsTask());
        Assert.Equal(SocketError.TimedOut, late.SocketErrorCode);
        Assert.Equal(TimeSpan.FromSeconds(63), network.Elapsed); // 1 + 2 + 4 + 8 + 16 + 32 (tcp_syn_retries)
    });

    [Fact]
    public void A_full_backlog_keeps_clients_waiting_until_there_is_room() => SimulatedNetwork.Run(1, async network =>
    {
        var (near, far) = (network.AddHost("near"), network.AddHost("far", new() { Backlog = 1 }));
        var listener = await far.ListenAsync();
        await near.ConnectAsync(far);
        await near.ConnectAsync(far);
        await network.Pause(TimeSpan.FromSeconds(1)); // A handshake is over for a client before it is for the server.
        var third = near.ConnectAsync(far).AsTask();
        await network.Pause(TimeSpan.FromSeconds(9));
        Assert.False(third.IsCompleted);

        await listener.AcceptAsync();
        await third;
        Assert.InRange(network.Elapsed, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(17));
    });

    [Fact]
    public void An_unknown_name_is_host_not_found() => Run(async (network, near, _) =>
    {
        var unknown = await Assert.ThrowsAsync<ConnectException>(
            () => network.ClientOn(near).ConnectAsync("nowhere", Port).AsTask());
        Assert.Equal(SocketError.HostNotFound, unknown.SocketError);
    });

    [Fact]
    public void An_address_in_use_is_named() => Run(async (_, _, far) =>
    {
        await far.ListenAsync();
        var inUse = await Assert.ThrowsAsync<AddressInUseException>(
            () => far.BindAsync(new IPEndPoint(far.Address, Port)).AsTask());
        Assert.Contains($"{far.Address}:{Port}", inUse.Message, StringComparison.Ordinal);
    });

    [Fact]
    public void One_port_serves_both_families_from_separate_listeners() => Run(async (_, near, far) =>
    {
        var four = await far.BindAsync(new IPEndPoint(far.Address, Port));
        var six = await far.BindAsync(new IPEndPoint(far.AddressV6, Port));
        await near.ConnectAsync(four.EndPoint);
        await near.ConnectAsync(six.EndPoint);
        Assert.Equal(AddressFamily.InterNetwork, ((IPEndPoint)(await four.AcceptAsync())!.RemoteEndPoint!).AddressFamily);
        Assert.Equal(AddressFamily.InterNetworkV6, ((IPEndPoint)(await six.AcceptAsync())!.RemoteEndPoint!).AddressFamily);
    });

    [Fact]
    public void A_dual_stack_listener_takes_both_families() => Run(async (_, near, far) =>
    {
        var listener = await far.ListenAsync();
        await near.ConnectAsync(new IPEndPoint(far.Address, Port));
        await near.ConnectAsync(new IPEndPoint(far.AddressV6, Port));
        Assert.NotNull(await listener.AcceptAsync());
        Assert.NotNull(await listener.AcceptAsync());
    });

    [Fact]
    public void Each_host_has_its_own_loopback() => Run(async (network, near, far) =>
    {
        var here = await near.BindAsync(new IPEndPoint(IPAddress.Loopback, Port));
        var connection = await network.ClientOn(near).ConnectAsync("localhost", Port);
        Assert.NotNull(await here.AcceptAsync());
        Assert.True(IPAddress.IsLoopback(((IPEndPoint)connection.LocalEndPoint!).Address));
        await Assert.ThrowsAsync<SocketException>(() => far.ConnectAsync(here.EndPoint).AsTask());
    });

    [Fact]
    public void Ephemeral_ports_are_different_and_free_again_in_the_end() => Run(async (_, near, far) =>
    {
        var listener = await far.ListenAsync(port: 0);
        Assert.InRange(((IPEndPoint)listener.EndPoint).Port, 32_768, 60_999);
        var ports = new HashSet<int>();
        for (var i = 0; i < 100; i++)
            ports.Add(((IPEndPoint)(await near.ConnectAsync(To(listener))).LocalEndPoint!).Port);
        Assert.Equal(100, ports.Count);

        IPEndPoint To(IConnectionListener bound) => new(far.Address, ((IPEndPoint)bound.EndPoint).Port);
    });

    [Fact]
    public void A_port_is_used_again_by_a_client_whose_host_crashed() => Run(async (network, near, far) =>
    {
        var listener = await far.ListenAsync();
        var client = new SockeyeClient(options =>
        {
            (options.Transport, options.TimeProvider, options.Random) = (near, network.TimeProvider, network.Random);
            options.LocalEndPoint = new(near.Address, 4000);
        });
        var endpoint = new IPEndPoint(far.Address, Port);
        await client.ConnectAsync(endpoint);
        var old = (await listener.AcceptAsync())!;
        near.Crash();
        near.Restart();
        // RFC 9293, section 3.5.2: the other end is asked, and the old connection reset.
        await client.ConnectAsync(endpoint);

        Assert.NotNull(await listener.AcceptAsync());
        await Assert.ThrowsAnyAsync<IOException>(() => old.HearAsync(1));
        Assert.Equal(CloseCause.Reset, old.CloseReason?.Cause);
    });

    [Fact]
    public void A_name_is_taken_once() => Run((network, _, _) =>
    {
        Assert.Throws<ArgumentException>(() => network.AddHost("NEAR"));
        return Task.CompletedTask;
    });
}
