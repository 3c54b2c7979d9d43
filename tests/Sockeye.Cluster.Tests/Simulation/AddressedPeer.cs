using Sockeye.Clustering.Tests.Support;
using Sockeye.Testing;

namespace Sockeye.Clustering.Tests.Simulation;

/// <summary>A connection that messages are addressed to, with all that it has received.</summary>
internal sealed class AddressedPeer
{
    private readonly SimulatedNetwork _network;
    private readonly MemberConnection _connection;
    private readonly MessageConnection<string> _messages;
    private TimeSpan? _closedAt;

    public AddressedPeer(SimulatedFleet fleet, FleetNode node, string? user)
    {
        (_network, Node, User) = (fleet.Network, node, user);
        _connection = new(line => Received[line] = Received.GetValueOrDefault(line) + 1);
        _messages = _connection.AsMessages(fleet.Codec);
        RegisteredAt = _network.Elapsed;
        Id = node.Cluster.Register(_messages, user);
        _network.Note($"{Id} of {user ?? "nobody"} is registered");
    }

    public FleetNode Node { get; }

    public string? User { get; }

    public string Id { get; }

    public TimeSpan RegisteredAt { get; }

    /// <summary>When it ended, or its node.</summary>
    public TimeSpan? ClosedAt => _closedAt ?? Node.EndedAt;

    public CloseReason? CloseReason => _messages.CloseReason;

    /// <summary>How often each message was received.</summary>
    public Dictionary<string, int> Received { get; } = [];

    /// <summary>Whether it was there all the time from one time to another, and before and after.</summary>
    public bool WasOpen(TimeSpan from, TimeSpan to) => RegisteredAt < from && (ClosedAt is not { } closed || closed > to);

    public void Close()
    {
        _network.Note($"{Id} closes");
        _closedAt ??= _network.Elapsed;
        _connection.Close(Sockeye.CloseReason.LocalFin);
    }
}
