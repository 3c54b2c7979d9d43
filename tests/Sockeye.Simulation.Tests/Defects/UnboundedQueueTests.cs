using System.Net;
using Microsoft.AspNetCore.Connections;
using Sockeye.Simulation.Tests.Systems;
using Sockeye.Testing;

namespace Sockeye.Simulation.Tests.Defects;

/// <summary>
/// A feed with subscribers that stall. The defect: a hub that keeps whatever a stalled subscriber has not taken. Seen from the
/// outside: how far a connected subscriber is behind.
/// </summary>
public sealed class UnboundedQueueTests
{
    private const int QueueLimit = 20;
    private const int Ticks = 600;
    private const int Size = 100;

    /// <summary>
    /// The pipes and the systems' buffers of both ends, 2 KiB each; each pipe may be over by a block that is received at once, or
    /// by a queue that is written at once.
    /// </summary>
    private const int LinesInBuffers = (((4 * 2048) + (2 * 4096)) / Size) + QueueLimit;

    [Fact]
    public void An_unbounded_queue_is_found() => Defect.IsFound(network => RunAsync(network, new EndlessHub()), "behind");

    [Fact]
    public void A_message_group_passes() => Defect.IsAbsent(network => RunAsync(network, new BoundedHub()));

    private static async Task RunAsync(SimulatedNetwork network, IHub hub)
    {
        var codec = Codec.Lines(maxLength: Size);
        var invariants = new Invariants(network);
        var gone = new HashSet<EndPoint>();
        var (server, client) = (network.AddHost("server", SmallBuffers()), network.AddHost("client", SmallBuffers()));
        await using var feed = await SockeyeServer.StartAsync(options =>
        {
            options.Transport = server;
            options.TimeProvider = network.TimeProvider;
            options.Listen(new IPEndPoint(IPAddress.Any, 7)).Run(codec, async subscriber =>
            {
                hub.Join(subscriber);
                try
                {
                    await foreach (var _ in subscriber.ReadAllAsync())
                    {
                        // A subscriber has nothing to say.
                    }
                }
                finally
                {
                    gone.Add(subscriber.RemoteEndPoint!);
                }
            });
        });

        var subscribers = new List<Subscriber>();
        for (var i = 0; i < 3; i++)
            subscribers.Add(new(network, await network.ClientOn(client).ConnectAsync("server", 7, codec)));
        await network.Pause(TimeSpan.FromSeconds(1));
        for (var tick = 0; tick < Ticks; tick++)
        {
            hub.Broadcast($"{tick}".PadRight(Size - 1));
            await network.Pause(TimeSpan.FromMilliseconds(100));
            foreach (var subscriber in subscribers.Where(one => !gone.Contains(one.Connection.LocalEndPoint!)))
            {
                var behind = tick + 1 - subscriber.Received;
                invariants.Check(
                    behind <= QueueLimit + LinesInBuffers, () => $"a subscriber is {behind} messages behind");
            }

            invariants.ThrowIfBroken();
        }

        foreach (var subscriber in subscribers)
            await subscriber.LeaveAsync();
    }

    private static SocketTransportOptions SmallBuffers() => new()
    {
        ReceiveBufferSize = 2048, SendBufferSize = 2048, MaxReadBufferSize = 2048, MaxWriteBufferSize = 2048,
    };

    private sealed class Subscriber
    {
        private readonly SimulatedNetwork _network;
        private readonly Task _reading;

        public Subscriber(SimulatedNetwork network, MessageConnection<string> connection)
        {
            (_network, Connection) = (network, connection);
            _reading = ReadAsync();
        }

        public MessageConnection<string> Connection { get; }

        public int Received { get; private set; }

        public async Task LeaveAsync()
        {
            Connection.Connection.Abort();
            await _reading;
        }

        private async Task ReadAsync()
        {
            try
            {
                await foreach (var _ in Connection.ReadAllAsync())
                {
                    Received++;
                    if (_network.Random.Next(100) == 0)
                        await _network.PauseUpTo(TimeSpan.FromMinutes(1));
                }
            }
            catch (Exception lost) when (lost is IOException or ConnectionAbortedException)
            {
                // The server let it go for being slow, or it leaves.
            }
        }
    }

    private interface IHub
    {
        void Join(MessageConnection<string> member);

        void Broadcast(string message);
    }

    private sealed class BoundedHub : IHub
    {
        private readonly MessageGroup<string> _group = new(new() { MaxQueuedMessages = QueueLimit });

        public void Join(MessageConnection<string> member) => _group.Join(member);

        public void Broadcast(string message) => _group.Broadcast(message);
    }

    /// <summary>What one writes first: a list of members, and a write to each that is not awaited.</summary>
    private sealed class EndlessHub : IHub
    {
        private readonly List<MessageConnection<string>> _members = [];

        public void Join(MessageConnection<string> member) => _members.Add(member);

        public void Broadcast(string message)
        {
            foreach (var member in _members)
                _ = member.WriteAsync(message).AsTask();
        }
    }
}
