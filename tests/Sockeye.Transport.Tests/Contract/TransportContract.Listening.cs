using System.Net;
using Microsoft.AspNetCore.Connections;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Contract;

public abstract partial class TransportContract
{
    [Fact]
    public Task An_endpoint_in_use_is_an_error_that_names_it() => Run(async world =>
    {
        var listener = await world.ListenAsync();
        var error = await Assert.ThrowsAsync<AddressInUseException>(() => world.ListenAsync(listener.EndPoint));
        Assert.Contains(listener.EndPoint.ToString()!, error.Message, StringComparison.Ordinal);

        // The first one was not disturbed: its next client is this one.
        var (client, server) = await world.ConnectAsync(listener);
        await client.SendAsync("x");
        await server.ShouldReceiveAsync("x");
    });

    [Fact]
    public Task An_endpoint_of_an_unknown_kind_is_an_error_that_names_it() => Run(async world =>
    {
        var strange = new DnsEndPoint("localhost", 7000);
        var error = await Assert.ThrowsAsync<NotSupportedException>(() => world.ListenAsync(strange));
        Assert.Contains("localhost", error.Message, StringComparison.Ordinal);
        error = await Assert.ThrowsAsync<NotSupportedException>(
            () => world.Connecting.ConnectAsync(strange, TestContext.Current.CancellationToken).AsTask());
        Assert.Contains("localhost", error.Message, StringComparison.Ordinal);
    });

    [Fact]
    public Task Unbinding_ends_an_accept_that_waits_and_every_later_one_with_null() => Run(async world =>
    {
        var listener = await world.ListenAsync();
        var accepting = listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask();
        await listener.UnbindAsync(TestContext.Current.CancellationToken);
        Assert.Null(await world.Soon(accepting));
        Assert.Null(await world.Soon(listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask()));
    });

    [Fact]
    public Task A_listener_may_be_unbound_and_disposed_again_and_again() => Run(async world =>
    {
        var listener = await world.ListenAsync();
        await listener.UnbindAsync(TestContext.Current.CancellationToken);
        await listener.UnbindAsync(TestContext.Current.CancellationToken);
        await listener.DisposeAsync();
        await listener.DisposeAsync();
        Assert.Null(await world.Soon(listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask()));
    });

    [Fact]
    public Task Accepted_connections_outlive_their_listener_and_its_endpoint_is_free_again() => Run(async world =>
    {
        var listener = await world.ListenAsync();
        var (client, server) = await world.ConnectAsync(listener);
        await listener.DisposeAsync();
        var next = await world.ListenAsync(listener.EndPoint);
        Assert.Equal(listener.EndPoint, next.EndPoint);
        await world.ConnectAsync(next);
        await client.SendAsync("x");
        await server.ShouldReceiveAsync("x");
        await ShouldCloseInOrderAsync(client, server);
    });

    protected static async Task<bool> HasNothingToSayAsync(TestEnd end)
    {
        try
        {
            var read = await end.ReadAsync();
            end.Input.AdvanceTo(read.Buffer.Start);
            return read.Buffer.IsEmpty;
        }
        catch (ConnectionResetException)
        {
            return true;
        }
    }
}
