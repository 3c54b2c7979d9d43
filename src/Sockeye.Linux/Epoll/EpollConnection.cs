using System.Diagnostics;

namespace Sockeye.Linux;

/// <summary>A connection that receives and sends when epoll reports that the socket is ready.</summary>
/// <remarks>The descriptor does not block.</remarks>
internal sealed unsafe class EpollConnection(EpollThread thread, ConnectedSocket socket) : EngineConnection(thread, socket)
{
    /// <summary>The maximum number of bytes that are sent before other connections are served.</summary>
    private const int MaxSendBytes = 256 * 1024;

    private const int MaxVectors = 64;

    private bool _isReadable;
    private bool _isWritable = true;
    private bool _canBeShort;
    private ReceiveSizePredictor _size = new();

    public void OnEvents(EpollEvents events)
    {
        Thread.AssertOnEngineThread();
        Debug.Assert(Token != 0, "Only a registered connection has events.");
        if ((events & EpollEvents.Received) != 0)
        {
            _isReadable = true;
            _canBeShort |= (events & EpollEvents.CanShortenReceive) != 0;
            if (CanReceive)
                Receive();
        }

        if (!_isWritable && (events & (EpollEvents.Writable | EpollEvents.End)) != 0)
        {
            _isWritable = true;
            if (CanSend)
                Send();
        }
    }

    protected override void Start() => Token = thread.RegisterSocket(this, Descriptor);

    /// <summary>Makes one call. A connection with more to receive continues after the others have been served.</summary>
    protected override void Receive()
    {
        if (!_isReadable || !Input.TryBeginFill(_size.Next, out var segment, out var length))
            return;
        if (segment is null)
        {
            ReceiveAndDiscard();
            return;
        }

        var received = Kernel.Receive(Descriptor, segment.Address + segment.End, length);
        if (received > 0)
        {
            _size.Record(received, length);
            OnBytesReceived(received, length);
            Input.EndFill(received);
            return;
        }

        Input.EndFill(0);
        OnNothingReceived((Errno)(-received));
    }

    protected override void Send()
    {
        var vectors = stackalloc IoVector[MaxVectors];
        for (var budget = MaxSendBytes; _isWritable; )
        {
            if (budget <= 0)
            {
                Post(EngineRequests.Send); // Other connections are served first.
                return;
            }

            var flushed = Output.BeginSend(budget, out var isEnd);
            if (flushed.IsEmpty)
            {
                if (isEnd)
                    OnOutputSent();
                return;
            }

            var (count, bytes) = SendVectors.Fill(new(vectors, MaxVectors), flushed);
            var sent = TrySend(vectors, count);
            if (sent < 0)
                return;
            // A short send means that the buffer is full, the only reason for one. epoll reports when there is room.
            _isWritable = sent == bytes;
            budget -= sent;
            if (!OnBytesSent(sent))
                return;
        }
    }

    /// <summary>A call is never in flight. Events that come while the connection is still are kept.</summary>
    protected override void Freeze() => OnFrozen();

    protected override void CancelAndClose()
    {
        if (Token != 0)
        {
            thread.Remove(Token);
            Token = 0; // If a later step fails, the close is tried again, but without this step.
            // Closing the last descriptor removes the socket from epoll. While a duplicate is open, here or in another process,
            // the socket stays there, epoll(7).
            if (IsDuplicated || Moves)
                thread.DeregisterSocket(Descriptor);
        }

        CloseDescriptor();
    }

    private int TrySend(IoVector* vectors, int count)
    {
        var message = new MessageHeader { Vectors = vectors, VectorCount = count };
        var sent = count == 1
            ? Kernel.Send(Descriptor, vectors->Address, (int)vectors->Length)
            : Kernel.SendMessage(Descriptor, (nint)(&message));
        if (sent >= 0)
            return sent;
        var error = (Errno)(-sent);
        if (error is Errno.Again)
            _isWritable = false;
        else
            OnSendFailed(error);
        return -1;
    }

    /// <summary>Receives and discards bytes that have no reader, so that the peer's FIN or reset is still detected.</summary>
    private void ReceiveAndDiscard()
    {
        var received = Kernel.Receive(Descriptor, thread.DiscardBuffer.Address, SegmentPool.LargeSize);
        if (received <= 0)
        {
            OnNothingReceived((Errno)(-received));
            return;
        }

        Input.AddDiscarded(received);
        OnBytesReceived(received, SegmentPool.LargeSize);
    }

    private void OnBytesReceived(int received, int requested)
    {
        OnReceived(received);
        // A short receive means that no more bytes are there, and epoll reports when more arrive. But a receive also ends at an
        // urgent mark, and epoll may have reported an end already: then only an empty receive is certain.
        if (received < requested && !_canBeShort)
            _isReadable = false;
        else
            Post(EngineRequests.Receive);
    }

    private void OnNothingReceived(Errno error)
    {
        switch (error)
        {
            case Errno.None:
                OnFinReceived();
                break;
            case Errno.Again:
                _isReadable = _canBeShort = false;
                break;
            case Errno.Interrupted:
                Post(EngineRequests.Receive);
                break;
            default:
                OnReceiveFailed(error);
                break;
        }
    }
}
