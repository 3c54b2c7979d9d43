namespace Sockeye.Clustering;

/// <summary>The connections of a group that are joining with a position. The lock of the group guards it.</summary>
internal sealed class GroupCatchUps(NodeTable nodes, int maxMessages)
{
    private readonly Dictionary<ulong, GroupCatchUp> _catchUps = [];
    private ulong _last;

    public bool IsEmpty => _catchUps.Count == 0;

    public GroupCatchUp Begin()
    {
        var catchUp = new GroupCatchUp(++_last, nodes.Up.Select(node => node.Incarnation));
        _catchUps.Add(catchUp.Id, catchUp);
        return catchUp;
    }

    public void End(GroupCatchUp catchUp)
    {
        _catchUps.Remove(catchUp.Id);
        catchUp.Release();
    }

    public void OnMessage(ref FrameReader frame)
    {
        if (_catchUps.TryGetValue(frame.ReadCount(), out var catchUp))
            catchUp.OnMessage(ref frame, maxMessages);
    }

    public void OnEnd(ulong sender, ref FrameReader frame)
    {
        if (_catchUps.TryGetValue(frame.ReadCount(), out var catchUp))
            catchUp.OnEnd(sender, ref frame);
    }
}
