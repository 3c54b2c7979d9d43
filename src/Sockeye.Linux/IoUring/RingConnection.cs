namespace Sockeye.Linux;

/// <summary>A connection that tells the kernel what to receive and send, and is told when it is done.</summary>
/// <remarks>
/// For the engine thread. The descriptor is closed only when nothing is under way with it: an operation of the kernel's holds the
/// socket, and would go on delivering after <c>close()</c>.
/// </remarks>
internal sealed class RingConnection(RingThread thread, ConnectedSocket socket) : EngineConnection(thread, socket)
{
    /// <summary>What one send may take: what it has sent is given back when all of it is.</summary>
    private const int MaxSendBytes = 128 * 1024;

    private SendList? _sendList;
    private int _underWay;
    private bool _isReceiving;
    private bool _isSending;
    private ReceiveSize _size = new();
    private bool _isClosed;

    /// <param name="segment">What was received.</param>
    /// <param name="result">Bytes; 0 for the peer's FIN; a negative error.</param>
    /// <param name="hasMore">Whether the same operation goes on.</param>
    /// <param name="buffers">Where the segment is from.</param>
    public void OnReceiveCompleted(Segment? segment, int result, bool hasMore, ReceiveBuffers buffers)
    {
        if (!hasMore)
        {
            _isReceiving = false;
            _underWay--;
        }

        if (segment is not null && (result <= 0 || IsClosing))
            segment.Release();
        else if (segment is not null)
            Take(segment, buffers);
        else
            OnNothing((Errno)(-result));

        if (IsClosing)
            CloseIfNothingIsUnderWay();
        else if (!hasMore && MayReceive)
            Receive();
    }

    public void OnSendCompleted(int result)
    {
        _isSending = false;
        _underWay--;
        if (IsClosing)
            CloseIfNothingIsUnderWay();
        else if (result < 0 && (Errno)(-result) is not (Errno.Again or Errno.Interrupted))
            OnSendFailed((Errno)(-result));
        else if (OnSent(Math.Max(result, 0)) && MaySend)
            Send();
    }

    public void OnCancelCompleted()
    {
        _underWay--;
        CloseIfNothingIsUnderWay();
    }

    protected override bool HasSendUnderWay => _isSending;

    protected override void Begin()
    {
        Number = thread.Register(this, Descriptor);
        Receive();
    }

    protected override void Receive()
    {
        if (_isReceiving || IsClosing || Input.RoomOrPause() is not (> 0 and var room))
            return;
        var isLarge = _size.IsStream && thread.Large.HasAny;
        var buffers = isLarge ? thread.Large : thread.Small;
        var mark = RingMark.Of(isLarge ? RingOperation.ReceiveLarge : RingOperation.ReceiveSmall, Number);
        // The kernel stops by itself when the reader has enough: an operation of its own for that could lose a race.
        if (thread.HasReceiveLimit)
            thread.Ring.Next().ReceiveMultishot(Descriptor, buffers.Group, (uint)Math.Min(room, Options.MaxReadBufferSize), mark);
        else
            thread.Ring.Next().ReceiveOnce(Descriptor, buffers.Group, mark);
        _isReceiving = true;
        _underWay++;
    }

    protected override void Send()
    {
        if (_isSending || IsClosing)
            return;
        Span<IoVector> vectors = stackalloc IoVector[SendList.MaxVectors];
        var (count, bytes) = Output.BeginSend(vectors, MaxSendBytes, out var isEnd);
        if (count == 0)
        {
            if (isEnd)
                SendFin();
            return;
        }

        var mark = RingMark.Of(RingOperation.Send, Number);
        if (count == 1)
            thread.Ring.Next().Send(Descriptor, vectors[0].Address, bytes, mark);
        else
            thread.Ring.Next().SendMessage(Descriptor, (_sendList ??= new()).Fill(vectors[..count]), mark);
        _isSending = true;
        _underWay++;
    }

    protected override void Release()
    {
        if (_underWay > 0)
        {
            thread.Ring.Next().Cancel(Descriptor, RingMark.Of(RingOperation.Cancel, Number));
            _underWay++;
        }

        CloseIfNothingIsUnderWay();
    }

    private void Take(Segment segment, ReceiveBuffers buffers)
    {
        var count = segment.End;
        _size.Learn(count, segment.Size);
        OnReceived(count);
        if (buffers.IsScarce && (count <= SegmentPool.TinySize || !buffers.TryGrow()))
            segment = Copy(segment);

        Input.Add(segment);
    }

    /// <summary>Others need the kernel's buffers more than this reader does, who may be slow.</summary>
    private Segment Copy(Segment segment)
    {
        try
        {
            var copy = thread.Setup.Pool.Rent(segment.End);
            segment.Memory.CopyTo(copy.Free);
            copy.Fill(segment.End);
            return copy;
        }
        finally
        {
            segment.Release();
        }
    }

    private void OnNothing(Errno error)
    {
        switch (error)
        {
            case Errno.None:
                if (!IsClosing)
                    OnPeerEnded();
                break;
            case Errno.NoBuffers: // What is read or copied now comes back before the next receive is asked for.
                _size.Forget();
                break;
            case Errno.Cancelled or Errno.Again or Errno.Interrupted:
                break;
            default:
                OnReceiveFailed(error);
                break;
        }
    }

    private void CloseIfNothingIsUnderWay()
    {
        if (_underWay > 0 || _isClosed)
            return;
        _isClosed = true;
        if (Number != 0)
            thread.Forget(Number);
        _sendList?.Dispose();
        CloseDescriptor();
    }
}
