namespace Sockeye.Clustering;

/// <summary>The parts of a cluster on one node, in the order in which they use each other.</summary>
internal sealed class ClusterParts
{
    public ClusterParts(ClusterLink link, Action<GroupGap> onGap)
    {
        Link = link;
        Nodes = new(link);
        Beats = new(link, Nodes);
        Presence = new(link, Nodes);
        Connections = new(link, Presence);
        Direct = new(link, Nodes, Connections, Presence);
        Groups = new(link, Nodes, Presence, Connections, onGap);
        Heads = new(link, Nodes, Groups);
        Counters = new(link, Connections, Groups);
        Queries = new(link, Presence, Counters);
    }

    public ClusterLink Link { get; }

    public NodeTable Nodes { get; }

    public BeatSender Beats { get; }

    public PresenceDirectory Presence { get; }

    public ConnectionRegistry Connections { get; }

    public DirectSender Direct { get; }

    public GroupDirectory Groups { get; }

    public GroupHeads Heads { get; }

    public NodeCounters Counters { get; }

    public PresenceQueries Queries { get; }

    /// <summary>Begins a beat: the heads first, because a beat promises that they are on their way.</summary>
    public void Beat()
    {
        var beat = Link.BeginBeat();
        Beats.Send(Heads.Announce(beat));
        Heads.Ask(beat);
        Presence.Check();
    }

    /// <summary>The work between beats.</summary>
    public void Check()
    {
        Nodes.Check();
        Groups.Check();
        Direct.Requests.Check();
        Queries.Requests.Check();
    }

    public void OnNodeChanged(ClusterNodeChange change)
    {
        if (change.Kind is ClusterNodeChangeKind.Joined or ClusterNodeChangeKind.Returned)
        {
            Beats.SendTo(change.Node);
        }
        else
        {
            Direct.Requests.OnNodeGone(change.Node.Incarnation);
            Queries.Requests.OnNodeGone(change.Node.Incarnation);
        }

        Presence.OnNodeChanged(change);
    }
}
