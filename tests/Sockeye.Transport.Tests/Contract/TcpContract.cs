using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Contract;

/// <summary>What a transport promises besides where it has what TCP has: resets, addresses on both sides, a handshake that
/// waits for room in the accept queue.</summary>
public abstract class TcpContract(TransportFixture fixture) : QueueContract(fixture)
{
    [Fact]
    public Task A_reset_after_the_peers_FIN_is_met_by_the_writer() => Run(async world =>
    {
        var (client, server) = await world.ConnectAsync();
        await client.SendFinAsync();
        await server.ReceiveFinAsync();
        client.Connection.Abort();
        await server.SendUntilGoneAsync();
        await server.ShouldEndAsync(ClosedBy.Peer, CloseCause.Reset);
    });

    [Fact]
    public Task A_reset_after_the_peers_FIN_is_met_by_closing() => Run(async world =>
    {
        var (client, server) = await world.ConnectAsync();
        await client.SendFinAsync();
        await server.ReceiveFinAsync();
        client.Connection.Abort();
        await world.Soon(client.Closed);
        await Fixture.ResetArrivesAsync(world, server);
        await server.DisposeAsync();
        await server.ShouldEndAsync(ClosedBy.Peer, CloseCause.Reset);
    });

    [Fact]
    public Task Addresses_of_both_ends_agree_crosswise() => Run(async world =>
    {
        var (client, server) = await world.ConnectAsync();
        Assert.NotNull(client.Connection.LocalEndPoint);
        Assert.Equal(client.Connection.LocalEndPoint, server.Connection.RemoteEndPoint);
        Assert.NotEqual(client.Connection.LocalEndPoint, client.Connection.RemoteEndPoint);
    });

    [Fact]
    public Task Clients_over_the_backlog_wait_and_are_served_once_accepting_begins() => Run(new() { Backlog = 1 }, async world =>
    {
        var listener = await world.ListenAsync();
        var waiting = Enumerable.Range(0, 4)
            .Select(_ => world.ConnectClientAsync(listener, TestContext.Current.CancellationToken))
            .ToList();
        await world.Soon(Task.WhenAny(waiting));
        for (var i = 0; i < waiting.Count; i++)
        {
            var server = await world.AcceptAsync(listener);
            await server.SendAsync("hello");
        }

        foreach (var client in await Task.WhenAll(waiting))
            await client.ShouldReceiveAsync("hello");
    });

    [Fact]
    public Task A_connect_that_waits_can_be_cancelled_and_the_next_one_succeeds() => Run(new() { Backlog = 1 }, async world =>
    {
        var listener = await world.ListenAsync();
        using var cancelling = new CancellationTokenSource();
        var connecting = Enumerable.Range(0, 5).Select(_ => world.ConnectClientAsync(listener, cancelling.Token)).ToList();
        await world.Soon(Task.WhenAny(connecting));
        cancelling.Cancel();
        foreach (var connect in connecting)
            await ((Task)connect).ConfigureAwait(
                ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        Assert.Contains(connecting, d => d.IsCanceled);

        // Who came through has its place in the queue, gone or not; behind them the listener is as it was.
        async Task SpeakAsync()
        {
            var client = await world.ConnectClientAsync(listener, TestContext.Current.CancellationToken);
            await client.SendAsync("x");
        }

        var speaking = SpeakAsync();
        foreach (var connected in connecting.Where(d => d.IsCompletedSuccessfully))
            (await connected).Connection.Abort();
        while (await HasNothingToSayAsync(await world.AcceptAsync(listener, TestContext.Current.CancellationToken)))
        {
        }

        await speaking;
    });

    [Fact]
    public Task A_client_that_connects_to_its_own_port_is_refused_and_a_server_can_bind_it_at_once() => Run(async world =>
    {
        // On the connecting side: of two simulated hosts only that one has the address.
        var binding = (IConnectionListenerFactory)world.Connecting;
        var listener = await binding.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), TestContext.Current.CancellationToken);
        var own = listener.EndPoint;
        await listener.DisposeAsync();
        var connecting = (ILocalEndPointConnectionFactory)world.Connecting;
        var error = await Assert.ThrowsAnyAsync<SocketException>(
            () => world.Soon(connecting.ConnectAsync(own, own, TestContext.Current.CancellationToken).AsTask()));
        Assert.Equal(SocketError.ConnectionRefused, error.SocketErrorCode);
        await using var server = await binding.BindAsync(own, TestContext.Current.CancellationToken);
    });

    [Fact]
    public Task An_address_of_another_machine_is_an_error_that_names_it() => Run(async world =>
    {
        var error = await Assert.ThrowsAsync<IOException>(() => world.ListenAsync(Fixture.ForeignEndPoint));
        Assert.Contains(Fixture.ForeignEndPoint!.ToString()!, error.Message, StringComparison.Ordinal);
    });
}
