using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Contract;

/// <summary>What a transport promises besides whose clients are connected before they are accepted, waiting in a queue.</summary>
public abstract partial class QueueContract(TransportFixture fixture) : TransportContract(fixture)
{
    [Fact]
    public Task A_client_that_left_while_it_waited_costs_the_listener_nothing() => Run(async world =>
    {
        var listener = await world.ListenAsync();
        var gone = await world.ConnectClientAsync(listener);
        gone.Connection.Abort();
        await world.Soon(gone.Closed);

        var client = await world.ConnectClientAsync(listener);
        await client.SendAsync("x");
        var server = await world.AcceptAsync(listener);
        if (await HasNothingToSayAsync(server))
            server = await world.AcceptAsync(listener);
        await server.SendAsync("y");
        await client.ShouldReceiveAsync("y");
    });
}
