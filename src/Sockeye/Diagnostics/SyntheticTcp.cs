using System.Buffers;
using System.Diagnostics;

namespace Sockeye;

/// <summary>
/// Records the bytes of a connection as TCP segments: handshake, data with sequence numbers, acknowledgements, and an end.
/// Dropped frames leave a gap in the sequence numbers.
/// </summary>
/// <remarks>Safe from any thread: a connection is read and written at the same time.</remarks>
internal sealed class SyntheticTcp
{
    /// <summary>The maximum size in bytes of unacknowledged data. More would look like a full window.</summary>
    private const uint AcknowledgeEvery = 256 * 1024;

    private readonly WireCapture _capture;
    private readonly CapturedConnection _connection;
    private readonly Lock _lock = new();
    private Side _own;
    private Side _peer;
    private long _bytesToKeep;
    private bool _isCutNoted;

    /// <param name="capture">Receives the frames.</param>
    /// <param name="connection">The connection of the frames.</param>
    /// <param name="number">The number of the connection, which selects the first sequence numbers, so that a reused port does
    /// not look like the same connection.</param>
    /// <param name="keep">The number of bytes of data to keep. Later segments have only their headers.</param>
    public SyntheticTcp(WireCapture capture, CapturedConnection connection, long number, long keep)
    {
        (_capture, _connection, _bytesToKeep) = (capture, connection, keep);
        _own.Next = (uint)(number * 2_654_435_761);
        _peer.Next = _own.Next ^ 0x5555_5555;
    }

    private enum Direction
    {
        Inbound,
        Outbound,
    }

    public void Start(bool isServer)
    {
        var connecting = isServer ? Direction.Inbound : Direction.Outbound;
        lock (_lock)
        {
            EmitLocked(connecting, TcpBits.Syn);
            EmitLocked(Other(connecting), TcpBits.Syn | TcpBits.Ack);
            EmitLocked(connecting, TcpBits.Ack);
        }
    }

    public void Receive(in ReadOnlySequence<byte> bytes)
    {
        lock (_lock)
            EmitDataLocked(Direction.Inbound, bytes);
    }

    public void Send(in ReadOnlySequence<byte> bytes)
    {
        lock (_lock)
            EmitDataLocked(Direction.Outbound, bytes);
    }

    /// <summary>Records, once, that the peer has ended its direction.</summary>
    public void EndInput()
    {
        lock (_lock)
            EmitFinLocked(Direction.Inbound);
    }

    /// <summary>Records, once, that this side has ended its direction.</summary>
    public void EndOutput()
    {
        lock (_lock)
            EmitFinLocked(Direction.Outbound);
    }

    /// <summary>Records that both directions have ended in order.</summary>
    public void Close(bool inputFirst, string comment)
    {
        lock (_lock)
        {
            EmitFinLocked(inputFirst ? Direction.Inbound : Direction.Outbound);
            EmitFinLocked(inputFirst ? Direction.Outbound : Direction.Inbound);
            // The acknowledgement of the second FIN was delayed, because it carries the comment.
            var last = _own.HasEndedFirst ? Direction.Outbound : Direction.Inbound;
            EmitLocked(last, TcpBits.Ack, comment: comment);
        }
    }

    /// <summary>Records that both directions have ended at once.</summary>
    public void Reset(bool byPeer, string comment)
    {
        lock (_lock)
            EmitLocked(byPeer ? Direction.Inbound : Direction.Outbound, TcpBits.Rst | TcpBits.Ack, comment: comment);
    }

    private static Direction Other(Direction direction) =>
        direction is Direction.Inbound ? Direction.Outbound : Direction.Inbound;

    private ref Side From(Direction direction)
    {
        if (direction is Direction.Outbound)
            return ref _own;
        return ref _peer;
    }

    private void EmitDataLocked(Direction direction, ReadOnlySequence<byte> bytes)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);

        // A side sends no data after its FIN. A later write throws.
        while (!bytes.IsEmpty && !From(direction).HasEnded)
        {
            var part = bytes.Slice(0, Math.Min(bytes.Length, TcpSegment.MaxData));
            bytes = bytes.Slice(part.End);
            var length = (int)part.Length;
            var kept = (int)Math.Min(length, _bytesToKeep);
            _bytesToKeep -= kept;
            byte[]? pooled = null;
            if (kept > 0)
            {
                pooled = ArrayPool<byte>.Shared.Rent(kept);
                part.Slice(0, kept).CopyTo(pooled);
            }

            EmitLocked(direction, TcpBits.Psh | TcpBits.Ack, length, pooled, kept, kept < length ? CutComment() : null);
            ref var side = ref From(direction);
            if (side.Next - side.Acknowledged > AcknowledgeEvery)
                EmitLocked(Other(direction), TcpBits.Ack);
        }
    }

    private string? CutComment()
    {
        if (_isCutNoted)
            return null;
        _isCutNoted = true;
        return "MaxBytesPerConnection is reached: later segments of the connection have only their headers";
    }

    private void EmitFinLocked(Direction direction)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        ref var side = ref From(direction);
        if (side.HasEnded)
            return;
        side.HasEnded = true;
        EmitLocked(direction, TcpBits.Fin | TcpBits.Ack);
        if (From(Other(direction)).HasEnded)
            return;
        side.HasEndedFirst = true;
        EmitLocked(Other(direction), TcpBits.Ack);
    }

    private void EmitLocked(
        Direction direction, TcpBits bits, int length = 0, byte[]? pooled = null, int kept = 0, string? comment = null)
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        Debug.Assert(kept <= length && kept <= (pooled?.Length ?? 0), "The kept bytes are part of the segment.");
        ref var from = ref From(direction);
        ref var to = ref From(Other(direction));
        var hasAck = (bits & TcpBits.Ack) != 0;
        var acknowledged = hasAck ? to.Next : 0;
        var frame = new CapturedFrame(
            _connection, direction is Direction.Outbound, bits, from.Next, acknowledged, _capture.Now())
        {
            Length = length,
            Pooled = pooled,
            KeptLength = kept,
            Comment = comment,
        };
        Debug.Assert(length == 0 || !from.HasEnded, "No data follows FIN.");
        from.Next += (uint)length + ((bits & (TcpBits.Syn | TcpBits.Fin)) != 0 ? 1u : 0);
        if (hasAck)
            to.Acknowledged = to.Next;
        _capture.Add(frame);
    }

    private struct Side
    {
        /// <summary>The sequence number of its next byte.</summary>
        public uint Next;

        /// <summary>The sequence number up to which the other side has acknowledged.</summary>
        public uint Acknowledged;

        public bool HasEnded;

        public bool HasEndedFirst;
    }
}
