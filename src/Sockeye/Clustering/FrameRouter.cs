using System.Buffers;
using System.Text;

namespace Sockeye.Clustering;

/// <summary>Reads the frames of other nodes, and passes each to the part of the cluster that it is for.</summary>
internal sealed class FrameRouter(ClusterParts parts) : IClusterEngineEvents
{
    private readonly ClusterLink _link = parts.Link;
    private readonly NodeTable _nodes = parts.Nodes;
    private readonly GroupDirectory _groups = parts.Groups;
    private readonly LogThrottle _badFrames = new(parts.Link.Time);

    /// <summary>Whether the engine is connected, and its words for it.</summary>
    public (bool IsConnected, string Detail) Connection { get; private set; } = (false, "the engine is starting");

    public void OnFrame(in ReadOnlySequence<byte> frame)
    {
        try
        {
            if (frame.IsSingleSegment)
            {
                Route(frame.FirstSpan);
                return;
            }

            var whole = PooledBuffer.Rent();
            whole.Write(frame);
            try
            {
                Route(whole.WrittenMemory.Span);
            }
            finally
            {
                whole.Release();
            }
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // The engine continues whatever a frame contains.
            ClusterMetrics.OnBadFrame();
            if (_badFrames.TryLog(out var count))
                ClusterLog.BadFrame(_link.Logger, error is InvalidDataException ? error.Message : error.ToString(), count);
        }
    }

    public void OnNodeUp(ClusterNode node)
    {
        if (node.Incarnation == _link.Self.Incarnation)
            return;
        _nodes.OnUp(node);
    }

    public void OnNodeDown(ClusterNode node) => _nodes.OnDown(node);

    public void OnConnectionChanged(bool isConnected, string detail)
    {
        var wasConnected = Connection.IsConnected;
        Connection = (isConnected, detail);
        if (isConnected)
            ClusterLog.Connected(_link.Logger, detail);
        else
            ClusterLog.Disconnected(_link.Logger, detail);
        if (isConnected && !wasConnected)
            _nodes.NeedHeadsOfAll();
    }

    public void OnLoss(string cause)
    {
        ClusterLog.Loss(_link.Logger, cause);
        _nodes.NeedHeadsOfAll();
    }

    /// <exception cref="InvalidDataException">The frame cannot be read.</exception>
    public void Route(ReadOnlySpan<byte> bytes)
    {
        var frame = new FrameReader(bytes);
        var sender = frame.Sender;
        if (sender == _link.Self.Incarnation || !_nodes.Accepts(sender))
            return;
        switch (frame.Kind)
        {
            case FrameKind.Beat:
                parts.Beats.OnBeat(ref frame);
                break;
            case FrameKind.Broadcast:
                _groups.Find(frame.ReadTextBytes())?.OnMessage(sender, ref frame, isRepaired: false);
                break;
            case FrameKind.Repaired:
                _groups.Find(frame.ReadTextBytes())?.OnMessage(sender, ref frame, isRepaired: true);
                break;
            case FrameKind.RepairRefused:
                _groups.Find(frame.ReadTextBytes())?.OnRefused(sender, ref frame);
                break;
            case FrameKind.SendAnswer:
                parts.Direct.OnAnswer(sender, ref frame);
                break;
            case FrameKind.PresenceAnswer:
                parts.Queries.OnAnswer(sender, ref frame);
                break;
            case FrameKind.Heads:
                parts.Heads.OnHeads(sender, ref frame);
                break;
            case FrameKind.CatchUpMessage:
                _groups.Find(frame.ReadTextBytes())?.OnCatchUpMessage(sender, ref frame);
                break;
            case FrameKind.CatchUpEnd:
                _groups.Find(frame.ReadTextBytes())?.OnCatchUpEnd(sender, ref frame);
                break;
            default:
                RouteRequest(ref frame);
                break;
        }
    }

    /// <summary>A request of an unknown node cannot be answered: the node asks again when both know each other.</summary>
    private void RouteRequest(ref FrameReader frame)
    {
        if (_nodes.Find(frame.Sender) is not { } node)
            return;
        switch (frame.Kind)
        {
            case FrameKind.HeadsRequest:
                parts.Heads.OnRequest(node, ref frame);
                break;
            case FrameKind.Send or FrameKind.SendToUser or FrameKind.Abort or FrameKind.AbortUser:
                parts.Direct.OnRequest(node, ref frame);
                break;
            case FrameKind.Follow:
                parts.Presence.OnFollow(node, ref frame);
                break;
            case FrameKind.Changes:
                parts.Presence.OnChanges(node, ref frame);
                break;
            case FrameKind.PresenceRequest:
                parts.Queries.OnRequest(node, ref frame);
                break;
            case FrameKind.RepairRequest:
                _groups.Find(frame.ReadTextBytes())?.OnRepairRequest(node, ref frame);
                break;
            case FrameKind.CatchUpRequest:
                OnCatchUpRequest(node, ref frame);
                break;
            default:
                throw new InvalidDataException($"its kind is {(byte)frame.Kind}, which this version of Sockeye does not know");
        }
    }

    private void OnCatchUpRequest(ClusterNode node, ref FrameReader frame)
    {
        var name = frame.ReadTextBytes();
        if (_groups.Find(name) is { } topic)
            topic.OnCatchUpRequest(node, ref frame);
        else
            CatchUpFrames.Answer(_link, node, Encoding.UTF8.GetString(name), ref frame, own: null, receiver: null);
    }
}
