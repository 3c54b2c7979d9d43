using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Connections;

namespace Sockeye.Tests.Client;

/// <summary>The client over the system's own sockets and names.</summary>
public sealed class LoopbackTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Name_localhost_reaches_a_server_on_either_family()
    {
        foreach (var address in (IPAddress[])[IPAddress.Loopback, IPAddress.IPv6Loopback])
        {
            if (address.AddressFamily == AddressFamily.InterNetworkV6 && !Socket.OSSupportsIPv6)
                continue;
            await using var listener = await SocketTransport.Shared.BindAsync(new IPEndPoint(address, 0), Token);
            var port = ((IPEndPoint)listener.EndPoint).Port;
            var connection = await new SockeyeClient().ConnectAsync("localhost", port, Token);
            Assert.Equal(listener.EndPoint, connection.RemoteEndPoint);
            var accepted = (await listener.AcceptAsync(Token))!;
            Assert.Equal(connection.LocalEndPoint, accepted.RemoteEndPoint);
            await AssertCarriesAsync(connection, accepted);
            await EndAsync(connection, accepted);
        }
    }

    [Fact]
    public async Task Refused_port_is_reported_for_every_address()
    {
        var port = await FreePortAsync();
        var error = await Assert.ThrowsAsync<ConnectException>(
            () => new SockeyeClient().ConnectAsync("localhost", port, Token).AsTask());
        Assert.Contains($"127.0.0.1:{port} refused (nothing listens there)", error.Message, StringComparison.Ordinal);
        Assert.Equal(SocketError.ConnectionRefused, error.SocketError);
    }

    [Fact]
    public async Task Local_endpoint_is_what_the_server_sees()
    {
        await using var listener = await ListenAsync();
        var local = new IPEndPoint(IPAddress.Parse("127.0.0.1"), await FreePortAsync());
        var client = new SockeyeClient(options => options.LocalEndPoint = local);
        var connection = await client.ConnectAsync(listener.EndPoint, Token);
        var accepted = (await listener.AcceptAsync(Token))!;
        Assert.Equal(local, connection.LocalEndPoint);
        Assert.Equal(local, accepted.RemoteEndPoint);
        await EndAsync(connection, accepted);
    }

    [Fact]
    public async Task Local_address_of_another_machine_is_named()
    {
        await using var listener = await ListenAsync();
        var client = new SockeyeClient(options => options.LocalEndPoint = IPEndPoint.Parse("192.0.2.1:0"));
        var error = await Assert.ThrowsAsync<ConnectException>(() => client.ConnectAsync(listener.EndPoint, Token).AsTask());
        Assert.EndsWith("the local address 192.0.2.1 is not one of this machine.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Local_port_in_use_is_named()
    {
        await using var listener = await ListenAsync();
        await using var taken = await ListenAsync();
        var client = new SockeyeClient(options => options.LocalEndPoint = (IPEndPoint)taken.EndPoint);
        var error = await Assert.ThrowsAsync<ConnectException>(() => client.ConnectAsync(listener.EndPoint, Token).AsTask());
        Assert.EndsWith(
            $"local endpoint {taken.EndPoint} is in use (port 0 takes any free one).", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unix_socket_carries_bytes_and_a_missing_or_abandoned_one_is_distinguished()
    {
        var path = Path.Combine(Path.GetTempPath(), $"sockeye-{Environment.ProcessId}-client.sock");
        var (client, endpoint) = (new SockeyeClient(), new UnixDomainSocketEndPoint(path));
        File.Delete(path);
        var missing = await Assert.ThrowsAsync<ConnectException>(() => client.ConnectAsync(endpoint, Token).AsTask());
        Assert.Equal($"Could not connect to {path}: no such socket file (has the server been started?).", missing.Message);

        await using (var listener = await SocketTransport.Shared.BindAsync(endpoint, Token))
        {
            var connection = await client.ConnectAsync(endpoint, Token);
            var accepted = (await listener.AcceptAsync(Token))!;
            await AssertCarriesAsync(connection, accepted);
            await EndAsync(connection, accepted);
        }

        using (var abandoned = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            abandoned.Bind(endpoint);
            var refused = await Assert.ThrowsAsync<ConnectException>(() => client.ConnectAsync(endpoint, Token).AsTask());
            Assert.Equal($"Could not connect to {path}: refused (nothing listens there).", refused.Message);
        }

        File.Delete(path);
    }

    [Fact]
    public void Scope_of_a_link_local_address_may_be_an_interface_name()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "On Windows, the scope is a number.");
        var six = NetworkInterface.GetAllNetworkInterfaces().Where(one => one.Supports(NetworkInterfaceComponent.IPv6));
        foreach (var one in six.Where(one => one.GetIPProperties().GetIPv6Properties() is not null))
        {
            var endpoint = Assert.IsType<IPEndPoint>(HostNames.ToEndPoint($"fe80::1%{one.Name}", 7000));
            Assert.Equal(one.GetIPProperties().GetIPv6Properties().Index, endpoint.Address.ScopeId);
        }
    }

    [Fact]
    public async Task Many_connections_stand_at_once()
    {
        await using var listener = await ListenAsync();
        var connections = await new SockeyeClient().ConnectManyAsync(listener.EndPoint, 100, Token);
        Assert.Equal(100, connections.Select(connection => connection.LocalEndPoint).Distinct().Count());
        await EndAsync([.. connections]);
    }

    [Fact]
    public async Task Reconnect_follows_a_server_that_drops_its_clients()
    {
        await using var listener = await ListenAsync();
        var client = new SockeyeClient(options =>
            options.Reconnect.MinDelay = options.Reconnect.MaxDelay = TimeSpan.FromMilliseconds(1));
        var served = 0;
        await foreach (var connection in client.ReconnectAsync(listener.EndPoint, Token))
        {
            await using var accepted = (await listener.AcceptAsync(Token))!;
            await AssertCarriesAsync(connection, accepted);
            accepted.Abort();
            await Assert.ThrowsAsync<ConnectionResetException>(
                async () => await connection.Transport.Input.ReadAsync(Token));
            if (++served == 3)
                break;
        }

        Assert.Equal(3, served);
    }

    [Fact]
    public async Task Pool_reuses_a_healthy_socket_and_replaces_one_that_the_server_closed()
    {
        await using var listener = await ListenAsync();
        await using var pool = new ConnectionPool(new SockeyeClient(), listener.EndPoint);
        var first = await pool.RentAsync(Token);
        var accepted = (await listener.AcceptAsync(Token))!;
        await AssertCarriesAsync(first.Connection, accepted);
        await first.DisposeAsync();

        var second = await pool.RentAsync(Token);
        Assert.Same(first.Connection, second.Connection);
        await AssertCarriesAsync(second.Connection, accepted);
        await second.DisposeAsync();

        var closed = new TaskCompletionSource();
        using var watch = first.Connection.ConnectionClosed.Register(closed.SetResult);
        accepted.Abort();
        await closed.Task.WaitAsync(Token);
        var third = await pool.RentAsync(Token);
        Assert.NotSame(first.Connection, third.Connection);
        var acceptedAgain = (await listener.AcceptAsync(Token))!;
        await AssertCarriesAsync(third.Connection, acceptedAgain);
        await EndAsync(accepted, acceptedAgain);
        await third.DisposeAsync();
    }

    [Fact]
    public async Task Pool_closes_a_socket_that_comes_back_while_it_is_being_read()
    {
        await using var listener = await ListenAsync();
        await using var pool = new ConnectionPool(new SockeyeClient(), listener.EndPoint);
        var lease = await pool.RentAsync(Token);
        await using var accepted = (await listener.AcceptAsync(Token))!;
        var reading = lease.Connection.Transport.Input.ReadAsync(Token).AsTask();
        await lease.DisposeAsync();
        Assert.Equal(0, pool.Count);
        // It ends as cancelled or with the error, whichever is first; it must not wait forever.
        var error = await Record.ExceptionAsync(() => reading);
        Assert.True(error is ConnectionAbortedException || (await reading).IsCanceled);
        Assert.True((await accepted.Transport.Input.ReadAsync(Token)).IsCompleted);
    }

    private static ValueTask<IConnectionListener> ListenAsync() =>
        SocketTransport.Shared.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), Token);

    /// <summary>A port that was free a moment ago; nothing else in these tests binds one by number.</summary>
    private static async Task<int> FreePortAsync()
    {
        await using var listener = await ListenAsync();
        return ((IPEndPoint)listener.EndPoint).Port;
    }

    private static async Task EndAsync(params ConnectionContext[] connections)
    {
        foreach (var connection in connections)
        {
            connection.Abort();
            await connection.DisposeAsync();
        }
    }

    private static async Task AssertCarriesAsync(ConnectionContext from, ConnectionContext to)
    {
        await from.Transport.Output.WriteAsync("sockeye"u8.ToArray(), Token);
        var read = await to.Transport.Input.ReadAtLeastAsync(7, Token);
        Assert.Equal("sockeye", Encoding.ASCII.GetString(read.Buffer));
        to.Transport.Input.AdvanceTo(read.Buffer.End);
    }
}
