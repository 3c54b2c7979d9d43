using Microsoft.AspNetCore.Connections;
using Sockeye.Tests.Support;

namespace Sockeye.Tests.Framing;

/// <summary>Groups over a network: one member's application takes 20 kB a second, the others take what comes.</summary>
public sealed class SlowMemberTests
{
    private const int Seed = 35;
    private const int MessageCount = 300;
    private const int MessageLength = 2000;
    private const int SlowRate = 20_000;

    private static readonly Codec<string> Lines = Codec.Lines(MessageLength);

    private static readonly List<string> Messages =
        [.. Enumerable.Range(0, MessageCount).Select(i => $"{i:0000}".PadRight(MessageLength, 'x'))];

    /// <summary>How long a quick member takes alone: one message every 10 ms, and the journeys.</summary>
    private static readonly TimeSpan AloneAtMost = MessageCount * TimeSpan.FromMilliseconds(10) + TimeSpan.FromSeconds(1);

    [Fact]
    public void Slow_member_is_disconnected_and_the_others_miss_nothing_and_wait_for_nothing() => Run(
        SlowMemberPolicy.Disconnect, async (world, group, slow, quick) =>
        {
            await world.Until(() => quick.Count == MessageCount && group.Count == 1, "the quick member had everything");

            Assert.Equal(Messages, quick);
            Assert.True(world.Network.Elapsed < AloneAtMost, "The quick member waited for the slow one.");
            Assert.Equal(Messages.Take(slow.Count), slow);
            Assert.NotEqual(MessageCount, slow.Count);
            Assert.Contains("Local Limit Both", (await world.ConnectionEnded()).Message);
        });

    [Fact]
    public void Slow_member_misses_messages_keeps_their_order_and_the_others_miss_nothing() => Run(
        SlowMemberPolicy.Drop, async (world, group, slow, quick) =>
        {
            await world.Until(() => quick.Count == MessageCount, "the quick member had everything");
            Assert.True(world.Network.Elapsed < AloneAtMost, "The quick member waited for the slow one.");
            Assert.Equal(Messages, quick);

            Assert.InRange(group.Dropped, 1, MessageCount - 1);
            await world.Until(() => slow.Count == MessageCount - group.Dropped, "the slow member had what was kept for it");
            await world.Pass(TimeSpan.FromMinutes(1));
            Assert.Equal(MessageCount - group.Dropped, slow.Count);
            Assert.Equal(Messages.Where(slow.Contains), slow);
            Assert.Equal(2, group.Count);
        });

    [Fact]
    public void Every_member_waits_for_a_slow_one_and_none_misses_a_message() => Run(
        SlowMemberPolicy.Wait, async (world, group, slow, quick) =>
        {
            var kept = MessageCount - slow.Count;
            Assert.InRange(kept, 1, MessageCount / 2); // What is not read yet is in bounded buffers: the sender was slowed down.
            await world.Until(() => quick.Count == MessageCount && slow.Count == MessageCount, "all had everything");

            Assert.Equal(Messages, quick);
            Assert.Equal(Messages, slow);
            Assert.Equal((0, 2), (group.Dropped, group.Count));
            Assert.True(world.Network.Elapsed > TimeSpan.FromSeconds((double)MessageCount * MessageLength / SlowRate) * 0.9);
        });

    /// <summary>Broadcasts to a slow and a quick member of a server's group, then judges what they have received.</summary>
    private static void Run(
        SlowMemberPolicy policy, Func<Simulated, MessageGroup<string>, List<string>, List<string>, Task> judge) =>
        Simulated.Run(Seed, async world =>
        {
            var group = new MessageGroup<string>(new() { MaxQueuedMessages = 16, SlowMember = policy });
            await using var server = await world.StartWith(listen => listen.Run(Lines, async peer =>
            {
                group.Join(peer);
                await foreach (var line in peer.ReadAllAsync())
                    Assert.Fail($"Members only listen, but one said {line}.");
            }));
            var slowHost = world.Network.AddHost("slow");
            slowHost.ReadRate = SlowRate;
            var (slow, quick) = (new List<string>(), new List<string>());
            var members = Task.WhenAll(Listen(world.NewClient(host: slowHost), slow), Listen(world.NewClient(), quick));
            await world.Until(() => group.Count == 2, "both had joined");

            foreach (var message in Messages)
            {
                await group.BroadcastAsync(message);
                await world.Pass(TimeSpan.FromMilliseconds(10));
            }

            await judge(world, group, slow, quick);
            await server.StopAsync(CancellationToken.None);
            await members;
        });

    private static async Task Listen(SockeyeClient client, List<string> received)
    {
        await using var connection = await client.ConnectAsync("server", 7000, Lines);
        try
        {
            await foreach (var line in connection.ReadAllAsync())
                received.Add(line);
        }
        catch (ConnectionResetException) when (connection.CloseReason?.Cause is CloseCause.Reset)
        {
            // The group has disconnected it; the test counts what came before.
        }
    }
}
