using Sockeye.Clustering.Tests.Nats;
using Sockeye.Clustering.Tests.Support;

namespace Sockeye.Clustering.Tests;

/// <summary>Presence on one node, beyond the contract of all engines.</summary>
public sealed class PresenceTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Reader_that_leaves_too_many_changes_unread_begins_again_and_sees_each_member_once()
    {
        await using var cluster = Cluster.Local(options => options.AddMessage(Codec.Lines(maxLength: 100)));
        var group = cluster.Group<string>("room");
        var (stays, moves) = (NewMember(), NewMember());
        group.Join(stays);
        await using var watch = group.Presence.WatchAsync(Token).GetAsyncEnumerator(Token);
        Assert.True(await watch.MoveNextAsync());
        Assert.Equal((PresenceChangeKind.Joined, stays.Connection.ConnectionId), Read(watch.Current));

        for (var i = 0; i < 5001; i++)
        {
            group.Join(moves);
            group.Leave(moves);
        }

        Assert.True(await watch.MoveNextAsync());
        Assert.Equal(PresenceChangeKind.Reset, watch.Current.Kind);
        var later = NewMember();
        group.Join(later);
        List<(PresenceChangeKind, string?)> changes = [];
        while (changes.Count < 2 && await watch.MoveNextAsync())
            changes.Add(Read(watch.Current));
        group.Leave(stays);
        Assert.True(await watch.MoveNextAsync());

        Assert.Equal(
            [
                (PresenceChangeKind.Joined, stays.Connection.ConnectionId),
                (PresenceChangeKind.Joined, later.Connection.ConnectionId),
            ],
            changes);
        Assert.Equal((PresenceChangeKind.Left, stays.Connection.ConnectionId), Read(watch.Current));
    }

    [Fact]
    public async Task Page_of_members_with_long_names_of_users_fits_in_a_message_of_every_server()
    {
        const int count = 2000;
        var bus = new InProcessBus();
        var engine = new SpyEngine(bus.CreateEngine());
        await using var here = await StartAsync(bus.CreateEngine());
        await using var there = await StartAsync(engine);
        for (var i = 0; i < count; i++)
        {
            var member = NewMember();
            there.Register(member, $"{i} {new string('u', 1000)}");
            there.Group<string>("room").Join(member);
        }

        var longest = 0;
        engine.Outgoing = frame =>
        {
            longest = Math.Max(longest, frame.Length);
            return frame;
        };
        await Poll.UntilAsync(() => here.OtherNodes.Count == 1, () => "the other node is seen");
        var members = await here.Group<string>("room").Presence.ListAsync(pageSize: 10_000, Token).ToListAsync(Token);

        Assert.Equal(Enumerable.Range(0, count).Select(i => $"{i}"), members.Select(member => member.User!.Split(' ')[0]));
        Assert.InRange(longest, 500 * 1024, 1000 * 1000);
    }

    [Fact]
    public async Task Request_after_the_end_of_the_cluster_is_not_left_waiting()
    {
        var bus = new InProcessBus();
        await using var other = await StartAsync(bus.CreateEngine());
        var engine = new SpyEngine(bus.CreateEngine());
        var cluster = await StartAsync(engine);
        var group = cluster.Group<string>("room");
        await Poll.UntilAsync(() => cluster.OtherNodes.Count == 1, () => "the other node is seen");
        // An engine that takes frames while it ends: nothing would answer them.
        engine.Outgoing = static _ => null;
        var id = other.Register(NewMember());
        await cluster.DisposeAsync();

        Assert.Equal(ClusterSendResult.NodeGone, await cluster.SendAsync(id, "x", Token));
        Assert.False((await group.Presence.CountAsync(Token)).IsComplete);
    }

    private static Task<Cluster> StartAsync(IClusterEngine engine) => Cluster.StartAsync(
        options =>
        {
            options.UseEngine(() => engine);
            options.AddMessage(Codec.Lines(maxLength: 100));
        },
        Token);

    private static MessageConnection<string> NewMember() =>
        new MemberConnection(static _ => { }).AsMessages(Codec.Lines(maxLength: 100));

    private static (PresenceChangeKind Kind, string? Connection) Read(PresenceChange change) =>
        (change.Kind, change.Member?.ConnectionId.Split('@')[0]);
}
