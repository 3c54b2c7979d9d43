using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Contract;

/// <summary>What a transport promises besides whose clients are connected before they are accepted, waiting in a queue.</summary>
public abstract partial class QueueContract(TransportFixture fixture) : TransportContract(fixture)
{
    [Fact]
    public Task Clients_that_left_while_they_waited_cost_the_listener_nothing() => Run(async world =>
    {
        const int Left = 20;
        var listener = await world.ListenAsync();
        for (var i = 0; i < Left; i++)
        {
            var gone = await world.ConnectClientAsync(listener);
            gone.Connection.Abort();
            await world.Soon(gone.Closed);
        }

        var client = await world.ConnectClientAsync(listener);
        await client.SendAsync("x");
        var server = await world.AcceptAsync(listener);
        for (var i = 0; i < Left && await HasNothingToSayAsync(server); i++)
            server = await world.AcceptAsync(listener);
        await server.SendAsync("y");
        await client.ShouldReceiveAsync("y");
    });
}
