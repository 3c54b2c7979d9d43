using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Sockeye.Linux;
using Sockeye.Transport.Tests.Sockets;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Transport.Tests.Linux;

/// <summary>Handlers that end in the middle of a read: whichever way they end, nothing counts as rented.</summary>
public sealed class HandlerMemoryTests
{
    private const int Clients = 30;

    public enum HandlerEnd
    {
        Returns,
        Throws,
        Aborts,
        IsStopped,
    }

    public static TheoryData<LinuxEngine, bool, HandlerEnd> Ends
    {
        get
        {
            var data = new TheoryData<LinuxEngine, bool, HandlerEnd>();
            foreach (var end in Enum.GetValues<HandlerEnd>())
            {
                data.Add(LinuxEngine.Sockets, false, end);
                foreach (var engine in EachEngine.All)
                {
                    data.Add(engine, false, end);
                    data.Add(engine, true, end);
                }
            }

            return data;
        }
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(Ends))]
    public Task Handler_that_ends_in_the_middle_of_a_read_leaves_nothing_lent(LinuxEngine engine, bool inline, HandlerEnd end)
    {
        TransportFixture fixture = engine is LinuxEngine.Sockets
            ? new SocketFixture(AddressFamily.InterNetwork)
            : new LinuxFixture(engine, inline);
        return fixture.RunAsync(new TransportSettings(), async world =>
        {
            var reading = 0;
            await using var server = await SockeyeServer.StartAsync(
                options =>
                {
                    options.Transport = world.Listening;
                    options.Listen(new IPEndPoint(IPAddress.Loopback, 0)).Run(async connection =>
                    {
                        await connection.Transport.Input.ReadAsync();
                        Interlocked.Increment(ref reading);
                        await EndAsync(end, connection);
                    });
                },
                Cancelled);
            List<Socket> clients = [];
            for (var i = 0; i < Clients; i++)
            {
                var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                clients.Add(client);
                await client.ConnectAsync(server.EndPoints[0], Cancelled);
                await client.SendAsync("unread"u8.ToArray(), Cancelled);
                client.Shutdown(SocketShutdown.Send);
            }

            await world.BecomesTrueAsync(() => Volatile.Read(ref reading) == Clients);
            if (end is HandlerEnd.IsStopped)
                await world.Soon(server.StopAsync(Cancelled));
            await world.BecomesTrueAsync(() => server.ConnectionCount == 0);
            await world.BecomesTrueAsync(() => world.RentedBuffers() == 0);
            clients.ForEach(client => client.Dispose());
        });
    }

    private static async Task EndAsync(HandlerEnd end, ConnectionContext connection)
    {
        switch (end)
        {
            case HandlerEnd.Throws:
                throw new FormatException("not a word");
            case HandlerEnd.Aborts:
                connection.Abort();
                break;
            case HandlerEnd.IsStopped:
                var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                using (connection.StopRequested.Register(stopped.SetResult))
                    await stopped.Task;
                break;
        }
    }
}
