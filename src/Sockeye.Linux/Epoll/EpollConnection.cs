namespace Sockeye.Linux;

/// <summary>A connection that receives and sends when epoll says that it can.</summary>
/// <remarks>For the engine thread. The descriptor does not block.</remarks>
internal sealed unsafe class EpollConnection(EpollThread thread, ConnectedSocket socket) : EngineConnection(thread, socket)
{
    /// <summary>What one turn may send, so that a large answer does not hold up other connections.</summary>
    private const int MaxSendBytes = 256 * 1024;

    private const int MaxVectors = 64;

    /// <summary>A handler may make the socket block, through its own descriptor for it: the engine's calls never do.</summary>
    private const int SendFlags = Constants.MessageNoSignal | Constants.MessageDoNotWait;

    private bool _readable;
    private bool _writable = true;
    private bool _mayBeCut;
    private ReceiveSize _size = new();

    public void OnEvents(EpollEvents events)
    {
        if ((events & EpollEvents.Received) != 0)
        {
            _readable = true;
            _mayBeCut |= (events & EpollEvents.MayCutReceive) != 0;
            if (MayReceive)
                Receive();
        }

        if (!_writable && (events & (EpollEvents.Writable | EpollEvents.End)) != 0)
        {
            _writable = true;
            if (MaySend)
                Send();
        }
    }

    protected override void Begin() => Number = thread.Register(this, Descriptor);

    /// <summary>One call a turn: a connection with much to receive goes on after the others have had theirs.</summary>
    protected override void Receive()
    {
        if (!_readable || !Input.TryBeginFill(_size.Next, out var segment, out var length))
            return;
        if (segment is null)
        {
            Discard();
            return;
        }

        var received = (int)Libc.Receive(Descriptor, (byte*)segment.Address + segment.End, length, Constants.MessageDoNotWait);
        if (received > 0)
        {
            _size.Learn(received, length);
            OnReceivedSome(received, length);
            Input.EndFill(received);
            return;
        }

        var error = received < 0 ? Libc.LastError : Errno.None;
        Input.EndFill(0);
        OnNothing(error);
    }

    protected override void Send()
    {
        var vectors = stackalloc IoVector[MaxVectors];
        for (var budget = MaxSendBytes; _writable; )
        {
            if (budget <= 0)
            {
                Post(EngineRequests.Send); // The others first.
                return;
            }

            var (count, bytes) = Output.BeginSend(new(vectors, MaxVectors), budget, out var isEnd);
            if (count == 0)
            {
                if (isEnd)
                    SendFin();
                return;
            }

            var sent = TrySend(vectors, count);
            if (sent < 0)
                return;
            // A short send is certain to have found no room: nothing else cuts it, and epoll tells when there is some.
            _writable = sent == bytes;
            budget -= sent;
            if (!OnSent(sent))
                return;
        }
    }

    protected override void Release()
    {
        if (Number != 0)
            thread.Forget(Number);
        // To close the last descriptor takes the socket out of epoll; while there is another one, epoll(7) goes on.
        if (Number != 0 && IsDuplicated)
            thread.Unregister(Descriptor);
        CloseDescriptor();
    }

    private int TrySend(IoVector* vectors, int count)
    {
        var message = new MessageHeader { Vectors = vectors, VectorCount = count };
        var sent = (int)(count == 1
            ? Libc.Send(Descriptor, (byte*)vectors->Address, vectors->Length, SendFlags)
            : Libc.SendMessage(Descriptor, &message, SendFlags));
        if (sent >= 0)
            return sent;
        var error = Libc.LastError;
        if (error is Errno.Again)
            _writable = false;
        else
            OnSendFailed(error);
        return -1;
    }

    /// <summary>Takes what nobody wants to read, so that the peer's FIN or reset is still seen.</summary>
    private void Discard()
    {
        var received = (int)Libc.Receive(
            Descriptor, (byte*)thread.Waste.Address, SegmentPool.LargeSize, Constants.MessageDoNotWait);
        if (received <= 0)
        {
            OnNothing(received < 0 ? Libc.LastError : Errno.None);
            return;
        }

        Input.Waste(received);
        OnReceivedSome(received, SegmentPool.LargeSize);
    }

    private void OnReceivedSome(int received, int asked)
    {
        OnReceived(received);
        // Less than asked for: there is no more, and epoll tells when more comes. But behind an urgent mark, at which a receive
        // ends, and of an end it may have told already: then only receiving nothing is certain.
        if (received < asked && !_mayBeCut)
            _readable = false;
        else
            Post(EngineRequests.Receive);
    }

    private void OnNothing(Errno error)
    {
        switch (error)
        {
            case Errno.None:
                OnPeerEnded();
                break;
            case Errno.Again:
                _readable = _mayBeCut = false;
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
