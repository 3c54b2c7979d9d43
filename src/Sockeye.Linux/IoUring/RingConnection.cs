using System.Diagnostics;

namespace Sockeye.Linux;

/// <summary>A connection that submits its receives and sends to the kernel, and acts when they complete.</summary>
/// <remarks>
/// The descriptor is closed only when it has no operation in flight: an operation holds the socket, and would continue to deliver
/// after <c>close()</c>.
/// </remarks>
internal sealed class RingConnection(RingThread thread, ConnectedSocket socket) : EngineConnection(thread, socket)
{
    /// <summary>The maximum number of bytes of one send, whose memory is released only when all of them are sent.</summary>
    private const int MaxSendBytes = 128 * 1024;

    private SendList? _sendList;
    private int _inFlight;
    private bool _isReceiving;
    private bool _isSending;
    private ReceiveSizePredictor _size = new();
    private bool _isCancelling;
    private bool _isFreezeCancel;

    /// <param name="segment">The received bytes.</param>
    /// <param name="result">The number of bytes; 0 for the peer's FIN; negative for an error.</param>
    /// <param name="hasMore">Whether the same operation continues.</param>
    /// <param name="buffers">The buffers that own the segment.</param>
    public void OnReceiveCompleted(PipeSegment? segment, int result, bool hasMore, ReceiveBuffers buffers)
    {
        Thread.AssertOnEngineThread();
        Debug.Assert(_isReceiving, "A completion belongs to the receive in flight.");
        if (!hasMore)
        {
            _isReceiving = false;
            OnOperationEnded();
        }

        if (segment is not null && (result <= 0 || IsClosing))
            segment.Release();
        else if (segment is not null)
            OnBytesReceived(segment, buffers);
        else
            OnNothingReceived((Errno)(-result));

        if (IsClosing)
            CloseIfIdle();
        else if (!hasMore && CanReceive)
            Receive();
        else
            FreezeIfIdle();
    }

    public void OnSendCompleted(int result)
    {
        Thread.AssertOnEngineThread();
        Debug.Assert(_isSending, "A completion belongs to the send in flight.");
        _isSending = false;
        OnOperationEnded();
        if (IsClosing)
            CloseIfIdle();
        else if (result < 0 && (Errno)(-result) is not (Errno.Again or Errno.Interrupted or Errno.Cancelled))
            OnSendFailed((Errno)(-result));
        else if (OnBytesSent(Math.Max(result, 0)) && CanSend)
            Send();
        FreezeIfIdle();
    }

    public void OnCancelCompleted()
    {
        Thread.AssertOnEngineThread();
        OnOperationEnded();
        var isForFreeze = _isFreezeCancel;
        if (isForFreeze)
            _isCancelling = _isFreezeCancel = false;
        if (!IsClosing && IsFreezing)
            Freeze(); // An operation may have started between two freezes.
        else if (!IsClosing)
            return;
        else if (isForFreeze)
            CancelAndClose(); // An operation may have started after a thaw.
        else
            CloseIfIdle();
    }

    protected override bool HasSendInFlight => _isSending;

    protected override void Start()
    {
        Token = thread.RegisterSocket(this, Descriptor);
        Receive();
    }

    protected override void Receive()
    {
        if (_isReceiving || IsClosing || Input.GetReceiveLimitOrPause() is not (> 0 and var most))
            return;
        Debug.Assert(Token != 0, "Only a registered connection receives.");
        var isLarge = _size.IsStreaming && thread.LargeBuffers.HasAny;
        var buffers = isLarge ? thread.LargeBuffers : thread.SmallBuffers;
        var data = RingUserData.Pack(isLarge ? RingOperation.ReceiveLarge : RingOperation.ReceiveSmall, Token);
        // The limit makes the kernel stop when the reader has enough. A separate cancel could lose a race.
        if (thread.HasReceiveLimit)
            thread.Ring.Next().ReceiveMultishot(Descriptor, buffers.Group, (uint)Math.Min(most, Options.MaxReadBufferSize), data);
        else
            thread.Ring.Next().ReceiveOnce(Descriptor, buffers.Group, data);
        _isReceiving = true;
        _inFlight++;
    }

    protected override void Send()
    {
        if (_isSending || IsClosing)
            return;
        Debug.Assert(Token != 0, "Only a registered connection sends.");
        var flushed = Output.BeginSend(MaxSendBytes, out var isEnd);
        if (flushed.IsEmpty)
        {
            if (isEnd)
                OnOutputSent();
            return;
        }

        Span<IoVector> vectors = stackalloc IoVector[SendList.MaxVectors];
        var (count, bytes) = SendVectors.Fill(vectors, flushed);
        var data = RingUserData.Pack(RingOperation.Send, Token);
        if (count == 1)
            thread.Ring.Next().Send(Descriptor, vectors[0].Address, bytes, data);
        else
            thread.Ring.Next().SendMessage(Descriptor, (_sendList ??= new()).Fill(vectors[..count]), data);
        _isSending = true;
        _inFlight++;
    }

    /// <remarks>Bytes that the kernel has put into buffers complete before the cancelled receive does.</remarks>
    /// <inheritdoc/>
    protected override void Freeze()
    {
        _isFreezeCancel = CancelOperations() || _isFreezeCancel;
        FreezeIfIdle();
    }

    protected override void CancelAndClose()
    {
        CancelOperations();
        CloseIfIdle();
    }

    /// <summary>Cancels what is in flight. Returns false if there is nothing, or if a cancel is in flight.</summary>
    private bool CancelOperations()
    {
        if (_inFlight == 0 || _isCancelling)
            return false;
        thread.Ring.Next().Cancel(Descriptor, RingUserData.Pack(RingOperation.Cancel, Token));
        _isCancelling = true;
        _inFlight++;
        return true;
    }

    private void FreezeIfIdle()
    {
        if (_inFlight == 0 && IsFreezing)
            OnFrozen();
    }

    private void OnOperationEnded()
    {
        _inFlight--;
        Debug.Assert(_inFlight >= 0, "Operations in flight are counted.");
        Debug.Assert(
            _inFlight >= (_isReceiving ? 1 : 0) + (_isSending ? 1 : 0), "A receive and a send in flight are counted.");
    }

    private void OnBytesReceived(PipeSegment segment, ReceiveBuffers buffers)
    {
        var count = segment.End;
        _size.Record(count, segment.Size);
        OnReceived(count);
        if (buffers.IsScarce && (count <= SegmentPool.TinySize || !buffers.TryGrow()))
            segment = CopyAndRelease(segment);

        Input.Add(segment);
    }

    /// <summary>Copies the segment, because other connections need the kernel's buffers, and this reader may be slow.</summary>
    private PipeSegment CopyAndRelease(PipeSegment segment)
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

    private void OnNothingReceived(Errno error)
    {
        switch (error)
        {
            case Errno.None:
                if (!IsClosing)
                    OnFinReceived();
                break;
            case Errno.NoBuffers: // Buffers that are read or copied now are returned before the next receive is submitted.
                _size.Reduce();
                break;
            case Errno.Cancelled or Errno.Again or Errno.Interrupted:
                break;
            default:
                OnReceiveFailed(error);
                break;
        }
    }

    private void CloseIfIdle()
    {
        if (_inFlight > 0 || IsClosed)
            return;
        Debug.Assert(!_isReceiving && !_isSending, "A connection closes when no operation is in flight.");
        if (Token != 0)
            thread.Remove(Token);
        Token = 0;
        _sendList?.Dispose();
        _sendList = null;
        CloseDescriptor();
    }
}
