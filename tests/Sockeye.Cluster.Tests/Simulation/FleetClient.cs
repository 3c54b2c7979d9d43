using Sockeye.Clustering.Tests.Support;
using Sockeye.Testing;

namespace Sockeye.Clustering.Tests.Simulation;

/// <summary>A client that moves from node to node with its positions, and checks all that it receives.</summary>
internal sealed class FleetClient(SimulatedNetwork network, string name, Codec<string> codec, FleetDefects defects)
{
    private readonly Dictionary<(string Group, ulong Sender), GroupStamp> _last = [];
    private readonly Dictionary<string, GroupPosition> _positions = [];
    private MemberConnection? _connection;
    private MessageConnection<string>? _messages;

    public string Name => name;

    public FleetNode? Node { get; private set; }

    public Dictionary<string, HashSet<GroupStamp>> Received { get; } = [];

    public Dictionary<string, List<Residence>> Residences { get; } = [];

    /// <summary>The groups in which the client is a member now.</summary>
    public HashSet<string> Groups { get; } = [];

    public string? Broken { get; private set; }

    public void Connect(FleetNode node)
    {
        Disconnect();
        Node = node;
        _connection = new(OnLine);
        _messages = _connection.AsMessages(codec);
    }

    /// <summary>Ends the connection, and with it the memberships.</summary>
    public void Disconnect()
    {
        _connection?.Close(CloseReason.LocalFin);
        Groups.Clear();
        Node = null;
    }

    public async Task JoinAsync(string group)
    {
        var (node, connection) = (Node!, _connection);
        var (since, seen) = (GetPosition(group, defects.PositionError), GetPosition(group, error: 0));
        Received.TryAdd(group, []);
        Residences.TryAdd(group, []);
        var asked = node.Cluster.OtherNodes.Select(other => other.Incarnation).ToHashSet();
        network.Note($"{name} joins {group} on {node.Self} since [{since}]");
        // Messages come before the result is known.
        Groups.Add(group);
        var result = await node.Cluster.Group<string>(group).JoinAsync(_messages!, since);
        if (_connection != connection)
            return;
        network.Note($"{name} has joined {group}: [{result.Position}], {result.Replayed} again, {result.Missing.Count} missing");
        foreach (var unanswered in result.Missing.Where(gap => gap.First.Number == 0))
            asked.Remove(unanswered.First.Incarnation);
        Residences[group].Add(new(node, network.Elapsed, since, seen, result, asked));
        _positions[group] = result.Position;
    }

    public void Leave(string group)
    {
        network.Note($"{name} leaves {group}");
        _positions[group] = GetPosition(group, error: 0);
        Node!.Cluster.Group<string>(group).Leave(_messages!);
        Groups.Remove(group);
    }

    private GroupPosition GetPosition(string group, int error)
    {
        var position = _positions.GetValueOrDefault(group, GroupPosition.Start);
        foreach (var stamp in Received.GetValueOrDefault(group, []))
            position = position.Include(stamp with { Number = (ulong)Math.Max(1, (long)stamp.Number + error) });
        return position;
    }

    private void OnLine(string line)
    {
        var parts = line.Split(' ');
        if (parts is not [var group, var text] || !GroupStamp.TryParse(text, out var stamp))
        {
            Broken ??= $"{name} received nonsense: '{line}'";
            return;
        }

        if (!Received[group].Add(stamp))
            Broken ??= $"{name} received {stamp} twice in {group}";
        else if (_last.TryGetValue((group, stamp.Incarnation), out var last) && IsBefore(stamp, last))
            Broken ??= $"{name} received {stamp} after {last} in {group}";
        _last[(group, stamp.Incarnation)] = stamp;
    }

    private static bool IsBefore(GroupStamp stamp, GroupStamp last) =>
        stamp.Series < last.Series || (stamp.Series == last.Series && stamp.Number < last.Number);

    /// <summary>A membership in a group on a node.</summary>
    /// <param name="Node">The node.</param>
    /// <param name="JoinedAt">When it was complete.</param>
    /// <param name="Since">The position that the client passed.</param>
    /// <param name="Seen">The position that was right.</param>
    /// <param name="Result">What it received.</param>
    /// <param name="Answered">The senders that were asked, and have answered.</param>
    internal sealed record Residence(
        FleetNode Node,
        TimeSpan JoinedAt,
        GroupPosition Since,
        GroupPosition Seen,
        GroupJoinResult Result,
        HashSet<ulong> Answered);
}
