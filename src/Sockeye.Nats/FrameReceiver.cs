using System.Buffers;
using System.Diagnostics;

namespace Sockeye.Nats;

/// <summary>Reports the frames of other nodes, one at a time, and neither own ones nor those that a later one has
/// overtaken.</summary>
internal sealed class FrameReceiver(IClusterEngineEvents events, ulong self, EngineLog log)
{
    // Incarnations of nodes that are gone stay in the table until it is full. Then it starts again, which costs at most the
    // protection against a server that hangs at that moment.
    private const int MaxNodes = 4096;

    // The read loop of an ended link may still be in a call when the one of the next link starts.
    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, uint> _links = [];

    public void OnMessage(NatsLink link, string subject, in ReadOnlySequence<byte> message)
    {
        if (!FrameHeader.TryRead(message, out var header))
        {
            log.ForeignMessage(subject);
            return;
        }

        if (header.Incarnation == self)
            return;

        lock (_lock)
        {
            if (link.IsEnded || !IsOfLatestLinkLocked(header))
                return;
            try
            {
                events.OnFrame(message.Slice(FrameHeader.Size));
            }
            catch (Exception e)
            {
                // It never throws. If it does, the read loop of the client must not see it: it would lose its position.
                log.ReceiverFailed(e);
                events.OnLoss("The receiver of a frame threw an exception.");
            }
        }
    }

    private bool IsOfLatestLinkLocked(FrameHeader header)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread, "The table is guarded by the lock.");
        if (_links.TryGetValue(header.Incarnation, out var latest) && header.Link <= latest)
            return header.Link == latest;
        if (_links.Count == MaxNodes)
            _links.Clear();
        _links[header.Incarnation] = header.Link;
        return true;
    }
}
