using System.Collections.Concurrent;
using Sockeye.Clustering;
using Sockeye.Clustering.Tests.Support;

namespace Sockeye.Fuzz.Targets;

/// <summary>A node with something of everything that frames can be about: a group with a member, messages that it has sent, a
/// user, requests that wait for answers, sets that it follows. Nothing of it runs by itself.</summary>
internal sealed class FuzzedNode
{
    public const string Group = "room";

    public static readonly ClusterNode Other = new("other", 2);
    public static readonly ClusterNode Third = new("third", 0x3D7A_51C9_0B6E_F284);

    private static readonly Codec<string> Codec = Sockeye.Codec.Lines(maxLength: 100);

    private readonly StoppedClock _clock = new();
    private readonly ClusterOptions _options;
    private readonly ClusterParts _parts;
    private readonly FrameRouter _router;

    public FuzzedNode()
    {
        _options = new() { TimeProvider = _clock, GroupOptions = new() { MaxReplayMessages = 10 } };
        _options.AddMessage(Codec, "text");
        _parts = new(new(_options, new NoEngine(), new("self", 1), CancellationToken.None), static _ => { });
        _parts.Nodes.Changed = _parts.OnNodeChanged;
        _parts.Nodes.Forgotten = _parts.Groups.OnNodeForgotten;
        _router = new(_parts);
        _parts.Nodes.OnBeat(Other, beat: 1, headFrames: 0, isDirect: false, isLeaving: false);

        var topic = GetTopic();
        var member = new MemberConnection(static _ => { }) { ConnectionId = "c" }.AsMessages(Codec).Writer;
        _parts.Connections.Register(member, "ann");
        topic.TryJoin(member);
        for (var i = 0; i < 3; i++)
            topic.TryBroadcast($"own {i}", static (text, _) => text, except: null);
        var joining = new MemberConnection(static _ => { }).AsMessages(Codec).Writer;
        _ = topic.TryJoinAsync(joining, GroupPosition.Start, CancellationToken.None).AsTask();
        _parts.Presence.Watch(PresenceDirectory.GroupKey(Group), static (_, _, _, _) => { });
        _parts.Presence.FindNodesOf("bob");
        _parts.Direct.Requests.Begin(Other);
        _parts.Queries.Requests.Begin(Other);
        PassBeat();
    }

    /// <summary>Adds a member to the group: a frame may have ended the first one.</summary>
    /// <returns>The messages that it receives. The frames may have let the connection that joins with a position join on the
    /// thread pool, which delivers messages, too.</returns>
    public IReadOnlyCollection<string> JoinAnother()
    {
        ConcurrentQueue<string> lines = new();
        GetTopic().TryJoin(new MemberConnection(lines.Enqueue).AsMessages(Codec).Writer);
        return lines;
    }

    public void PassBeat()
    {
        _clock.Pass(_options.BeatInterval);
        _parts.Check();
        _parts.Beat();
    }

    public void Receive(ClusterNode sender, FrameKind kind, ReadOnlySpan<byte> fields)
    {
        var frame = PooledBuffer.Rent();
        var writer = new FrameWriter(frame, kind, sender.Incarnation);
        writer.WriteRest(fields);
        try
        {
            _router.Route(frame.WrittenMemory.Span);
        }
        catch (InvalidDataException)
        {
            // It is ignored and counted.
        }
        finally
        {
            frame.Release();
        }
    }

    private GroupTopic<string> GetTopic() => _parts.Groups.GetOrAdd(Group, Codec, _options.GroupOptions);

    private sealed class StoppedClock : TimeProvider
    {
        private long _now = TicksPerSecond;

        private const long TicksPerSecond = TimeSpan.TicksPerSecond;

        public override long TimestampFrequency => TicksPerSecond;

        public void Pass(TimeSpan time) => _now += time.Ticks;

        public override long GetTimestamp() => _now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            new NoTimer();

        private sealed class NoTimer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => default;
        }
    }

    /// <summary>Takes every frame.</summary>
    private sealed class NoEngine : IClusterEngine
    {
        public string Name => "none";

        public bool HasMembership => false;

        public Task StartAsync(ClusterEngineContext context, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task SubscribeAsync(string topic, CancellationToken cancellationToken) => Task.CompletedTask;

        public void Unsubscribe(string topic)
        {
        }

        public bool TryPublish(string topic, ReadOnlySpan<byte> frame) => true;

        public bool TrySend(ClusterNode node, ReadOnlySpan<byte> frame) => true;

        public bool TryAnnounce(ReadOnlySpan<byte> frame) => true;

        public ValueTask WaitForSpaceAsync(string topic, CancellationToken cancellationToken) => default;

        public ClusterEngineQueues GetQueues() => default;

        public ValueTask DisposeAsync() => default;
    }
}
