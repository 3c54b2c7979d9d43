using System.Net.Sockets;
using Sockeye.Linux;
using Sockeye.Transport.Tests.Linux;
using Sockeye.Transport.Tests.Support;
using Sockeye.Transport.Tests.Tls;

namespace Sockeye.Transport.Tests.Sockets;

/// <summary>Counts what the whole process allocates, so nothing else may run.</summary>
[CollectionDefinition(nameof(EchoAllocationTests), DisableParallelization = true)]
public sealed class Alone;

[Collection(nameof(EchoAllocationTests))]
public sealed class EchoAllocationTests
{
    private const int Messages = 10_000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Steady_echo_allocates_nothing_per_message(bool inline) =>
        MeasureAsync(new SocketFixture(AddressFamily.InterNetwork, inline));

    [Theory, ClassData<EachEngineAndScheduling>]
    public Task Steady_echo_allocates_nothing_per_message_on_Linux(LinuxEngine engine, bool inline) =>
        MeasureAsync(new LinuxFixture(engine, inline));

    [Theory, ClassData<EachEngineAndScheduling>]
    public Task Steady_echo_over_TLS_allocates_nothing_per_message_on_Linux(LinuxEngine engine, bool inline) =>
        MeasureAsync(new TlsFixture(new LinuxFixture(engine, inline)));

    /// <summary>
    /// Sockeye allocates nothing here either. <c>SslStream</c> pools its state by thread: a part of it is created again where
    /// threads change, about 15 bytes a message of each 200 bytes and more that it would be without pools.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Steady_echo_over_TLS_allocates_no_more_than_SslStream_does(bool inline) =>
        MeasureAsync(new TlsFixture(new SocketFixture(AddressFamily.InterNetwork, inline)), most: 100);

    [Fact]
    public Task Broadcast_allocates_nothing_per_delivery() =>
        MeasureBroadcastAsync(new SocketFixture(AddressFamily.InterNetwork));

    [Theory, ClassData<EachEngineAndScheduling>]
    public Task Broadcast_allocates_nothing_per_delivery_on_Linux(LinuxEngine engine, bool inline) =>
        MeasureBroadcastAsync(new LinuxFixture(engine, inline));

    /// <summary>One message after the other, so that each delivery starts the sender of its member.</summary>
    private static Task MeasureBroadcastAsync(TransportFixture fixture) =>
        fixture.RunAsync(new TransportSettings(), async world =>
        {
            const int Members = 20;
            const int Rounds = 500;
            var message = new string('x', 99);
            var group = new MessageGroup<string>();
            List<TestEnd> clients = [];
            for (var i = 0; i < Members; i++)
            {
                var (client, server) = await world.ConnectAsync();
                group.Join(server.Connection.AsMessages(Codec.Lines(maxLength: 1000)));
                clients.Add(client);
            }

            await BroadcastAsync(Rounds);
            var before = GC.GetTotalAllocatedBytes(precise: true);
            await BroadcastAsync(Rounds);
            var perDelivery = (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)(Rounds * Members);
            Assert.True(perDelivery < 8, $"{perDelivery} bytes a delivery");

            async Task BroadcastAsync(int rounds)
            {
                for (var round = 0; round < rounds; round++)
                {
                    group.Broadcast(message);
                    foreach (var client in clients)
                    {
                        for (var missing = message.Length + 1; missing > 0;)
                        {
                            var read = await client.Input.ReadAsync();
                            Assert.False(read.IsCompleted);
                            missing -= (int)read.Buffer.Length;
                            client.Input.AdvanceTo(read.Buffer.End);
                        }
                    }
                }
            }
        });

    private static Task MeasureAsync(TransportFixture fixture, int most = 8) =>
        fixture.RunAsync(new TransportSettings(), async world =>
        {
            var (client, server) = await world.ConnectAsync();
            var echoing = EchoAsync(server);
            await ExchangeAsync(client, Messages / 2); // compiles and fills the pools
            var before = GC.GetTotalAllocatedBytes(precise: true);
            await ExchangeAsync(client, Messages);
            var perMessage = (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)Messages;
            await client.SendFinAsync();
            await echoing;
            Assert.True(perMessage < most, $"{perMessage} bytes a message");
        });

    private static async Task EchoAsync(TestEnd end)
    {
        while (true)
        {
            var read = await end.Input.ReadAsync();
            foreach (var segment in read.Buffer)
                await end.Output.WriteAsync(segment);
            end.Input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                break;
        }

        await end.SendFinAsync();
    }

    private static async Task ExchangeAsync(TestEnd end, int messages)
    {
        var message = new byte[100];
        for (var i = 0; i < messages; i++)
        {
            await end.Output.WriteAsync(message);
            for (var missing = message.Length; missing > 0;)
            {
                var read = await end.Input.ReadAsync();
                Assert.False(read.IsCompleted);
                missing -= (int)read.Buffer.Length;
                end.Input.AdvanceTo(read.Buffer.End);
            }
        }
    }
}
